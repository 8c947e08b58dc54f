import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { linesOf, manifestOf } from '../access/access-manifest.ts'
import { repeatable } from './repeatable.ts'
import { withJson, writeResult } from './result.ts'

interface ManifestArguments {
  readonly include: readonly string[]
}

export function defineAccessManifest(manifest: Command): void {
  withJson(manifest)
    .description('print the access rules of all methods of .proto files as JSON, one method a line, for review')
    .argument('<proto...>', 'the files, from the working directory or from an included one')
    .addOption(
      repeatable('--include <directory>', 'where imports are searched; may be repeated', 'the working directory'),
    )
    .action(printManifest)
}

async function printManifest(protos: readonly string[], args: ManifestArguments, command: Command): Promise<void> {
  // What loads .proto files is heavy to load itself, and other commands do without.
  const { loadProtoRules } = await import('../access/proto-rules.ts')
  const { PROTO_DIRECTORY } = await import('../transport/protos.ts')
  const files = protos.map((file) => (existsSync(file) ? resolve(file) : file))
  const directories = args.include.length === 0 ? ['.'] : args.include
  const { rules, methods } = loadProtoRules(files, [...directories, PROTO_DIRECTORY])
  const manifest = manifestOf(rules, methods)
  writeResult(command, manifest, linesOf(manifest))
}
