import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument, visit, type YAMLParseError } from 'yaml'
import { z } from 'zod'
import { AuthError } from './errors.ts'

const MAX_LENGTH = 1_048_576

/**
 * Parses a configuration: one YAML 1.2 document of plain values. Keys that the schema does not know,
 * keys that stand twice, anchors, aliases and tags are refused.
 * @param file names the text in messages
 * @param schema its objects are strict, so that unknown keys are refused
 * @throws AuthError CONFIGURATION_INVALID with a line for each problem, such as
 *   `policy.yaml:3:5 grants[0].caller: …`: file, line, column, key
 */
export function parseConfiguration<Value>(text: string, file: string, schema: z.ZodType<Value>): Value {
  if (text.length > MAX_LENGTH) throw invalid([`${file}: longer than ${MAX_LENGTH} characters.`])

  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: '1.2', schema: 'core' })
  const damage = [...document.errors.map(locateError), ...refusedNodes(document)]
  // A key that stands twice still leaves values to judge; other damage would only raise false problems.
  const isJudgeable = damage.length === document.errors.filter(({ code }) => code === 'DUPLICATE_KEY').length
  const result = isJudgeable ? schema.safeParse(document.toJS(), { error: wordingOf }) : undefined
  if (result?.success && damage.length === 0) return result.data

  const issues = result?.error?.issues ?? []
  const problems = [...damage, ...issues.flatMap((issue) => locateIssue(document, issue))]
  throw invalid(
    problems.map(({ offset, path, message }) => {
      const { line, col } = lines.linePos(offset)
      return `${`${file}:${line}:${col} ${formatPath(path)}`.trimEnd()}: ${message}`
    }),
  )
}

/**
 * A schema for a text that a parser of ours takes: its result is the value, its refusal the problem.
 * @param parse throws AuthError for what it refuses
 */
export function textOf<Value>(parse: (text: string) => Value): z.ZodType<Value> {
  return z.string().transform((text, context) => {
    try {
      return parse(text)
    } catch (error) {
      if (!(error instanceof AuthError)) throw error
      context.addIssue(error.message)
      return z.NEVER
    }
  })
}

/**
 * A schema for a whole number, both bounds included.
 * @param reason why there are these bounds, for the refusal
 */
export function integerFrom(minimum: number, maximum: number, reason?: string): z.ZodType<number> {
  const message = `expected a whole number from ${minimum} to ${maximum}${reason === undefined ? '' : `: ${reason}`}.`
  return z
    .int({ error: ({ input }) => (input === undefined ? `missing: ${message}` : message) })
    .min(minimum, message)
    .max(maximum, message)
}

interface LocatedProblem {
  /** In the text, in characters. */
  readonly offset: number
  readonly path: readonly PropertyKey[]
  readonly message: string
}

function locateError({ pos, message }: YAMLParseError): LocatedProblem {
  return { offset: pos[0], path: [], message: `${message}.` }
}

/** What YAML has beyond plain values, and a configuration has no use for. */
function refusedNodes(document: Document): readonly LocatedProblem[] {
  const refused: LocatedProblem[] = []
  const refuse = (node: unknown, what: string): void => {
    refused.push({ offset: offsetOf(node), path: [], message: `${what}: write the plain value.` })
  }
  visit(document, {
    Alias: (_, alias) => refuse(alias, 'aliases are refused'),
    Value: (_, node) => {
      if (node.anchor !== undefined) refuse(node, 'anchors are refused')
      if (node.tag !== undefined) refuse(node, 'tags are refused')
    },
    Pair: (_, { key }) => {
      if (!isScalar(key) || typeof key.value !== 'string') refuse(key, 'keys that are not text are refused')
    },
  })
  return refused
}

function locateIssue(document: Document, issue: z.core.$ZodIssue): readonly LocatedProblem[] {
  const { path, message } = issue
  if (issue.code !== 'unrecognized_keys') return [{ offset: offsetOfValue(document, path), path, message }]
  return issue.keys.map((key) => ({
    offset: offsetOfKey(document, path, key),
    path: [...path, key],
    message: 'this key is unknown.',
  }))
}

/** Where a value stands, or where it is missing, what should hold it. */
function offsetOfValue(document: Document, path: readonly PropertyKey[]): number {
  return offsetOf(nodeAt(document, path))
}

/** Where a key stands in the map at a path. */
function offsetOfKey(document: Document, path: readonly PropertyKey[], name: string): number {
  const map = nodeAt(document, path)
  const pair = isMap(map) ? map.items.find(({ key }) => isScalar(key) && key.value === name) : undefined
  return offsetOf(pair?.key)
}

function nodeAt(document: Document, path: readonly PropertyKey[]): unknown {
  const node = path.length === 0 ? document.contents : document.getIn(path, true)
  return node === undefined ? nodeAt(document, path.slice(0, -1)) : node
}

function offsetOf(node: unknown): number {
  return isNode(node) ? (node.range?.[0] ?? 0) : 0
}

function formatPath(path: readonly PropertyKey[]): string {
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '')
}

/** What is wrong with a value, in our words; `undefined` for those of zod. */
function wordingOf(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_type' && issue.input === undefined) return `missing: expected ${nameOf(issue.expected)}.`
  if (issue.code === 'invalid_type') return `expected ${nameOf(issue.expected)}.`
  if (issue.code === 'too_small' && issue.origin === 'array') return 'the list is empty.'
  return undefined
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'a text',
  object: 'keys and values',
  array: 'a list',
}

function nameOf(type: string): string {
  return TYPE_NAMES[type] ?? type
}

function invalid(lines: readonly string[]): AuthError {
  return new AuthError('CONFIGURATION_INVALID', lines.join('\n'))
}
