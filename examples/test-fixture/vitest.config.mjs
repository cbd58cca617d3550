export default { test: { root: import.meta.dirname, include: ['vitest.test.mjs'] } };
