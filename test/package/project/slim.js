import { Stack } from 'usrsctp-wasm/slim';
import wasm from 'usrsctp-wasm/usrsctp.wasm?url';
import { greet } from './greet.js';

console.log(await greet(Stack, { wasm }));
