import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { parseAddress } from '../../src/core/address.ts'
import { integerFrom, parseConfiguration, textOf } from '../../src/core/configuration.ts'

const schema = z.strictObject({
  name: z.string(),
  listen: z.strictObject({ grpc: textOf(parseAddress) }).optional(),
  weights: z.array(integerFrom(1, 10)).optional(),
})

function parse(text: string): unknown {
  return parseConfiguration(text, 'shop.yaml', schema)
}

/** The lines of the refusal. */
function problemsOf(text: string): readonly string[] {
  try {
    parse(text)
  } catch (error) {
    expect(error).toMatchObject({ code: 'CONFIGURATION_INVALID' })
    return String(error instanceof Error && error.message).split('\n')
  }
  return []
}

describe('a configuration', () => {
  it('is parsed by its schema', () => {
    const text = 'name: shop # a comment\nlisten:\n  grpc: localhost:8440\nweights: [1, 10]\n'
    expect(parse(text)).toEqual({ name: 'shop', listen: { grpc: { host: 'localhost', port: 8440 } }, weights: [1, 10] })
  })

  it('may be JSON, or begin with a byte order mark', () => {
    expect(parse('{"name": "shop"}')).toEqual({ name: 'shop' })
    expect(parse('\uFEFFname: shop')).toEqual({ name: 'shop' })
  })

  it('keeps YAML 1.2: yes is a text', () => {
    expect(parse('name: yes')).toEqual({ name: 'yes' })
    expect(parse('%YAML 1.1\n---\nname: yes')).toEqual({ name: 'yes' })
  })

  it('is refused with every problem at once, each with its place', () => {
    const text =
      'name: 7\nlisten:\n  grpc: localhost\n  http: localhost:1\nweights:\n  - 1\n  - eleven\n  - 11\ncolour: red\n'
    expect(problemsOf(text).toSorted()).toEqual([
      'shop.yaml:1:7 name: expected a text.',
      'shop.yaml:3:9 listen.grpc: "localhost" is not an address: write a host name and a port, such as localhost:8440; certificates name hosts, not IP addresses.',
      'shop.yaml:4:3 listen.http: this key is unknown.',
      'shop.yaml:7:5 weights[1]: expected a whole number from 1 to 10.',
      'shop.yaml:8:5 weights[2]: expected a whole number from 1 to 10.',
      'shop.yaml:9:1 colour: this key is unknown.',
    ])
  })

  it('is refused for a key that stands twice, beside its other problems', () => {
    expect(problemsOf('name: a\nname: b\ncolour: red')).toEqual([
      'shop.yaml:2:1: Map keys must be unique.',
      'shop.yaml:3:1 colour: this key is unknown.',
    ])
  })

  it('is refused for a number that is missing', () => {
    const counts = z.strictObject({ count: integerFrom(1, 10, 'ten are enough') })
    expect(() => parseConfiguration('{}', 'shop.yaml', counts)).toThrow(
      'shop.yaml:1:1 count: missing: expected a whole number from 1 to 10: ten are enough.',
    )
  })

  it('is refused for a missing key, at what should hold it', () => {
    expect(problemsOf('weights: []\nlisten: {}')).toEqual([
      'shop.yaml:1:1 name: missing: expected a text.',
      'shop.yaml:2:9 listen.grpc: missing: expected a text.',
    ])
  })

  const refused: readonly (readonly [title: string, text: string, place: string])[] = [
    ['nothing', '', 'shop.yaml:1:1: expected keys and values.'],
    ['a comment alone', '# name: shop', 'shop.yaml:1:1: expected keys and values.'],
    ['a text', 'shop', 'shop.yaml:1:1: expected keys and values.'],
    ['a list', '- name: shop', 'shop.yaml:1:1: expected keys and values.'],
    ['two documents', 'name: shop\n---\nname: shop', 'shop.yaml:2:1: '],
    ['an anchor', 'name: &a shop', 'shop.yaml:1:10: anchors are refused: write the plain value.'],
    ['an alias', 'name: &a shop\nlisten: *a', 'shop.yaml:2:9: aliases are refused'],
    ['an alias without its anchor', 'name: *a', 'shop.yaml:1:7: '],
    ['a tag of YAML', 'name: !!str 7', 'shop.yaml:1:13: tags are refused'],
    ['a tag of its own', 'name: !secret shop', 'shop.yaml:1:15: tags are refused'],
    ['a tagged key', '!!str name: shop', 'tags are refused'],
    ['a merge key', 'name: shop\n<<: { weights: [1] }', 'shop.yaml:2:1 <<: this key is unknown.'],
    ['a number as key', 'name: shop\n7: x', 'shop.yaml:2:1: keys that are not text are refused'],
    ['a list as key', 'name: shop\n? [a]\n: x', 'shop.yaml:2:3: keys that are not text are refused'],
    ['no key', 'name: shop\n: x', 'keys that are not text are refused'],
    ['a prototype', 'name: shop\n__proto__: { weights: [1] }', 'shop.yaml:2:1 __proto__: this key is unknown.'],
    ['broken syntax', 'name: [shop', 'shop.yaml:1:12: '],
    ['a tab as indentation', 'listen:\n\tgrpc: x', 'shop.yaml:2:1: '],
    ['deep nesting', `name: ${'['.repeat(100_000)}`, 'shop.yaml:1:'],
    ['its length', `name: ${'a'.repeat(1_048_576)}`, 'shop.yaml: longer than 1048576 characters.'],
  ]
  it.each(refused)('is refused for %s', (_, text, place) => {
    expect(problemsOf(text).join('\n')).toContain(place)
  })

  it('lets what is not a refusal pass: a mistake of the program', () => {
    const broken = z.strictObject({
      name: textOf(() => {
        throw new TypeError('a mistake')
      }),
    })
    expect(() => parseConfiguration('name: shop', 'shop.yaml', broken)).toThrow(TypeError)
  })
})
