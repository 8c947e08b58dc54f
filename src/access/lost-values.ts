import protobuf from 'protobufjs'

/** A word of a file as it is written, and its line, counted from 1. */
export interface SourceToken {
  readonly text: string
  readonly line: number
}

/**
 * Finds, in a file that protobufjs can parse, each value of an access rule that protobufjs may lose: of a field that
 * stands twice it forgets a first value of false, zero or nothing, so that the second seems to stand alone.
 */
export function lostValuesIn(source: string): readonly SourceToken[] {
  const lost: SourceToken[] = []
  let depth: number | undefined // of braces, within an option that declares a rule
  for (const token of tokensOf(source)) {
    const { text } = token
    if (RULE.test(text)) depth = 0
    else if (depth === undefined) continue
    else if (text === '{') depth += 1
    else if (text === '}') depth -= 1
    else if (text === ';' && depth === 0) depth = undefined
    else if (LOST.test(text)) lost.push(token)
  }
  return lost
}

/** The option by its full name, which it has in all packages but our own. */
const RULE = /^\.?countersign\.v1\.(?:default_)?access$/

const LOST = /^(?:false|-?\.?0.*|-?nan|"")$/i

/** The tokens of a file, without comments; a text is one token, in double quotes. */
function tokensOf(source: string): readonly SourceToken[] {
  const tokenizer = protobuf.tokenize(source, false)
  const tokens: SourceToken[] = []
  for (let token = tokenizer.next(); token !== null; token = tokenizer.next()) {
    const isQuote = token === '"' || token === "'"
    tokens.push({ text: isQuote ? `"${tokenizer.next()}"` : token, line: tokenizer.line })
    if (isQuote) tokenizer.next() // the closing quote
  }
  return tokens
}
