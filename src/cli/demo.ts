// The demo follows.
export {};
