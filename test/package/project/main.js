import { Stack } from 'usrsctp-wasm';
import { greet } from './greet.js';

console.log(await greet(Stack));
