import { describe, expect, it } from 'vitest'
import { formatScopes, parseScope, parseScopeList } from '../../src/core/scope.ts'

/** RFC 6749 section 3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E ) */
function isScopeCharacter(code: number): boolean {
  return code === 0x21 || (code >= 0x23 && code <= 0x5b) || (code >= 0x5d && code <= 0x7e)
}

describe('a scope', () => {
  it('consists of the characters of RFC 6749 section 3.3, and of no others', () => {
    for (let code = 0; code < 0x180; code++) {
      const text = `a${String.fromCharCode(code)}b`
      if (isScopeCharacter(code)) expect(parseScope(text)).toBe(text)
      else expect(() => parseScope(text), `code ${code}`).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }))
    }
  })

  const refused = ['', ' ', 'inventory reserve', 'inventory.reserve\n', 'a'.repeat(257), 'réserve', '💶']
  it.each(refused)('is not %j', (text) => {
    expect(() => parseScope(text)).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }))
  })

  it('may have 256 characters', () => {
    expect(parseScope('a'.repeat(256))).toHaveLength(256)
  })
})

describe('a list of scopes', () => {
  it('has a single space between scopes, in either direction', () => {
    const text = 'inventory.reserve inventory.restock'
    expect(parseScopeList(text)).toEqual(['inventory.reserve', 'inventory.restock'])
    expect(formatScopes(parseScopeList(text))).toBe(text)
    expect(formatScopes([])).toBe('')
  })

  const refused = ['', ' ', 'a ', ' a', 'a  b', 'a\tb', 'a,"b"', 'a b a', 'a a']
  it.each(refused)('is not %j', (text) => {
    expect(() => parseScopeList(text)).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }))
  })
})
