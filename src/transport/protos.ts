import { fileURLToPath } from 'node:url'
import { loadPackageDefinition, type ServiceDefinition } from '@grpc/grpc-js'
import { loadSync, type Options } from '@grpc/proto-loader'
import { AccessRules } from '../access/access-rules.ts'
import { PROTO_OPTIONS } from '../access/proto-options.ts'
import { loadAccessRules } from '../access/proto-rules.ts'

export interface LoadProtosOptions {
  /** Where the files lie that are named or imported. Countersign's own protos are always found. */
  readonly directories: readonly (string | URL)[]
  /**
   * How messages look in code, as proto-loader and `proto-loader-gen-types` have it. Default: names in camelCase, 64-bit
   * integers and enums as text, absent fields with their defaults. The generated types must be of the same options.
   */
  readonly messages?: MessageOptions
}

export type MessageOptions = Pick<Options, 'keepCase' | 'longs' | 'enums' | 'bytes' | 'defaults' | 'arrays' | 'oneofs'>

/** `countersign/v1/access.proto` and the other protos of this package. */
export const PROTO_DIRECTORY = fileURLToPath(new URL('../../proto', import.meta.url))

const rules = new WeakMap<object, AccessRules>()

/**
 * Loads services from `.proto` files, and the access rules that stand beside their methods.
 * `Types` is the `ProtoGrpcType` that `proto-loader-gen-types` writes.
 * @param files relative to one of the directories
 * @throws AuthError CONFIGURATION_INVALID, naming every rule that cannot be read
 */
export function loadProtos<Types>(files: readonly string[], options: LoadProtosOptions): Types {
  const directories = [...options.directories.map(toPath), PROTO_DIRECTORY]
  const loaded = loadAccessRules(files, directories)
  const definition = loadSync([...files], { ...PROTO_OPTIONS, ...options.messages, includeDirs: directories })
  for (const entry of Object.values(definition)) rules.set(entry, loaded)
  return loadPackageDefinition(definition) as Types
}

/** The access rules that were loaded with a service; none for a service that `loadProtos` did not load. */
export function rulesOf(service: ServiceDefinition): AccessRules {
  return rules.get(service) ?? AccessRules.empty
}

function toPath(directory: string | URL): string {
  return typeof directory === 'string' ? directory : fileURLToPath(directory)
}
