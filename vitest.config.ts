import { defineConfig } from 'vitest/config'

const shared = {
  pool: 'forks' as const,
  testTimeout: 30_000,
  hookTimeout: 60_000,
  expect: { poll: { timeout: 20_000 } },
}

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['{packages,apps}/*/src/**/*.test.{ts,tsx}', 'scripts/**/*.test.ts'],
          // They share nothing but modules: loading these once for all files takes a third of the time.
          isolate: false,
          testTimeout: 60_000,
        },
      },
      { test: { ...shared, name: 'network', include: ['test/**/*.test.{ts,tsx}'] } },
    ],
  },
})
