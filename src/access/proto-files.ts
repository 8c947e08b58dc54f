import '@grpc/proto-loader' // registers google/protobuf/descriptor.proto with protobufjs
import { existsSync, readFileSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import protobuf from 'protobufjs'
import { AuthError, messageOf } from '../core/errors.ts'
import type { Problems } from '../core/problems.ts'

/** A `.proto` file with all that it imports, and nothing else: what it names must come from there. */
export interface ProtoFile {
  readonly file: string
  readonly root: protobuf.Root
  readonly source: string
  /** Whether it was asked for, and not only imported. */
  readonly isNamed: boolean
}

/**
 * Loads files and, each for itself, the files that they import.
 * @param files absolute, or relative to one of the directories
 * @param problems takes what cannot be found or parsed
 */
export function loadProtoFiles(
  files: readonly string[],
  includeDirectories: readonly string[],
  problems: Problems,
): readonly ProtoFile[] {
  const loaded = new Map<string, ProtoFile>()
  const seen = new Set<string>()
  const waiting = files.map((file) => problems.attempt(() => resolveFile(file, includeDirectories)))
  for (const [index, file] of waiting.entries()) {
    if (file === undefined || seen.has(file)) continue
    seen.add(file)
    const root = problems.attempt(() => parseFile(file, includeDirectories))
    if (root === undefined) continue
    loaded.set(file, { file, root, source: readFileSync(file, 'utf8'), isNamed: index < files.length })
    waiting.push(...root.files.filter(isAbsolute)) // what protobufjs brings along has no folder
  }
  return [...loaded.values()]
}

function resolveFile(file: string, includeDirectories: readonly string[]): string {
  const candidates = isAbsolute(file) ? [file] : includeDirectories.map((directory) => resolve(directory, file))
  const found = candidates.find((candidate) => existsSync(candidate))
  if (found === undefined) {
    throw new AuthError('CONFIGURATION_INVALID', `${file}: not found; searched ${includeDirectories.join(', ')}.`)
  }
  return found
}

function parseFile(file: string, includeDirectories: readonly string[]): protobuf.Root {
  const root = new protobuf.Root()
  root.resolvePath = (_origin, target) => resolveFile(target, includeDirectories)
  try {
    return root.loadSync(file, { keepCase: true })
  } catch (error) {
    if (error instanceof AuthError) throw new AuthError(error.code, `${file}: an import is missing. ${error.message}`)
    throw new AuthError('CONFIGURATION_INVALID', `${file}: cannot be loaded: ${messageOf(error)}.`)
  }
}
