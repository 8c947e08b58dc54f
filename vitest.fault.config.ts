import { defineConfig } from 'vitest/config'
import config from './vitest.config.ts'

// What takes its time by nature. The environment variable FAULT_ROUNDS scales it: 10 unless told.
export default defineConfig({
  ...config,
  test: { ...config.test, include: ['test/fault/**/*.test.ts'], exclude: [], testTimeout: 300_000 },
})
