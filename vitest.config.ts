import { configDefaults, defineConfig } from 'vitest/config'

export default defineConfig({
  // `import … from 'countersign'` is src/index.ts here, by the package's own export map.
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    include: ['test/**/*.test.ts'],
    // These take their time, and have a configuration of their own.
    exclude: [...configDefaults.exclude, 'test/fault/**'],
    // Processes, not threads: tests open sockets and TLS contexts, and a crash must not take the others along.
    pool: 'forks',
    isolate: true,
    maxWorkers: 2,
    // An import of CommonJS means here what it means to Node: vitest would find names that Node does not.
    deps: { interopDefault: false },
    testTimeout: 15_000,
    hookTimeout: 30_000,
    teardownTimeout: 5_000,
  },
})
