import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { shellWord } from '../../src/cli/shell-word.ts'

test('a shell takes the word as it is', () => {
  for (const word of ['./pki', '/srv/my ca', "it's", '$HOME', '', 'a;b', 'a\nb', '"', '\\']) {
    expect(execFileSync('sh', ['-c', `printf %s ${shellWord(word)}`], { encoding: 'utf8' }), word).toBe(word)
  }
})

test('a plain path has no quotes', () => {
  expect(shellWord('./company/ca-1')).toBe('./company/ca-1')
})
