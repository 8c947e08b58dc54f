import { globSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'

/** Source texts by their path below src/, such as `core/errors.ts`. */
export type Sources = Readonly<Record<string, string>>

/** What a module names in an `import` or `export … from`, in any of their forms; type imports too. */
export interface Import {
  readonly specifier: string
  /** The path below src/ that a relative specifier leads to; `undefined` for a package. */
  readonly target: string | undefined
}

export function readSources(directory: string): Sources {
  const paths = globSync('**/*.ts', { cwd: directory }).sort()
  return Object.fromEntries(paths.map((path) => [path, readFileSync(posix.join(directory, path), 'utf8')]))
}

/** The first segment of a path: `core/errors.ts` lies in `core`, `index.ts` is its own folder. */
export function folderOf(path: string): string {
  return path.split('/')[0] ?? path
}

const FROM = /^[ \t]*(?:import|export)\b[^'"`;()]*?\bfrom\s*(['"])(?<specifier>.*?)\1/gm
const SIDE_EFFECT = /^[ \t]*import\s*(['"])(?<specifier>.*?)\1/gm
const DYNAMIC = /\bimport\s*\(\s*(?:(['"])(?<specifier>.*?)\1\s*[,)])?/g

/** The imports of a module, in the order of their forms. A computed one is given as `(computed)`. */
export function importsOf(path: string, text: string): readonly Import[] {
  const code = withoutComments(text)
  return [FROM, SIDE_EFFECT, DYNAMIC]
    .flatMap((form) => [...code.matchAll(form)])
    .map((match) => match.groups?.['specifier'] ?? '(computed)')
    .map((specifier) => ({ specifier, target: targetOf(path, specifier) }))
}

function targetOf(path: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : undefined
}

/** Strings, templates, comments and regular expressions: whichever begins first hides the others. */
const LEXEMES = new RegExp(
  [
    String.raw`(?<text>'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*")`,
    String.raw`(?<template>\`(?:\\[^]|[^\`\\])*\`)`,
    String.raw`(?<comment>//[^\n]*|/\*[^]*?\*/)`,
    String.raw`(?<regex>(?<=(?:[(,=>:[!&|?{};]|\breturn)\s*)/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+/)`,
  ].join('|'),
  'g',
)

function withoutComments(text: string): string {
  return text.replace(LEXEMES, (lexeme, ...rest) => (groupsOf(rest)['comment'] === undefined ? lexeme : ' '))
}

/** The code with comments, regular expressions and the content of plain strings taken out. */
export function bareCodeOf(text: string): string {
  return text.replace(LEXEMES, (lexeme, ...rest) => {
    const { comment, regex, text: string } = groupsOf(rest)
    if (comment !== undefined) return ' '
    return regex !== undefined || string !== undefined ? "''" : lexeme
  })
}

function groupsOf(replacerArguments: readonly unknown[]): Readonly<Record<string, string | undefined>> {
  return replacerArguments.at(-1) as Record<string, string | undefined>
}
