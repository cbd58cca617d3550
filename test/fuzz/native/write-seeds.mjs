// node test/fuzz/native/write-seeds.mjs TARGET FOLDER: writes the first inputs of a fuzz target.
import { writeSeeds } from './seeds.mjs';

const [target, folder] = process.argv.slice(2);
writeSeeds(target, 'usrsctp/source', folder);
