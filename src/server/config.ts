import { readFile, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { type GrantPolicy, MAX_TTL_SECONDS, parseGrantPolicy } from '../access/grant-policy.ts'
import { type Address, parseListenAddress } from '../core/address.ts'
import { integerFrom, parseConfiguration, textOf } from '../core/configuration.ts'
import { decodeUtf8 } from '../core/encoding.ts'
import { AuthError, messageOf } from '../core/errors.ts'
import { Problems } from '../core/problems.ts'
import { parseTrustDomain, type TrustDomain } from '../identity/service-id.ts'

/** How an authority runs: `countersign.yaml` and the policy that it names. Complete, with every default filled in. */
export interface Configuration {
  readonly trustDomain: TrustDomain
  /** An https URL, the `iss` of every token. */
  readonly issuer: string
  readonly listen: { readonly grpc: Address }
  /** The CA's directory, absolute. */
  readonly ca: string
  readonly policy: GrantPolicy
  /** The lifetime of a token where its grant sets none. */
  readonly token: { readonly ttlSeconds: number }
}

const DEFAULT_TTL_SECONDS = 300

/**
 * Loads the configuration of an authority. Relative paths start at the file's own folder.
 * @throws AuthError CONFIGURATION_INVALID with every problem of the file and of its policy, each with its place
 */
export async function loadConfiguration(file: string): Promise<Configuration> {
  const text = await readText(file)
  const folder = dirname(file)
  const problems = new Problems()
  const settings = problems.attempt(() => parseConfiguration(text, file, settingsSchema(folder)))
  // Where something else is wrong, the files that are named are looked at all the same.
  const named = settings ?? new Problems().attempt(() => parseConfiguration(text, file, namedFilesSchema(folder)))
  const maxTtlSeconds = settings?.token.ttlSeconds ?? MAX_TTL_SECONDS
  const policy = named && (await problems.attemptLoad(() => loadPolicy(named.policy, maxTtlSeconds)))
  if (named !== undefined) await problems.attemptLoad(() => requireDirectory(named.ca))

  problems.throwIfAny()
  if (settings === undefined || policy === undefined) throw new TypeError('A refusal left no problem behind.')
  return { ...settings, policy }
}

async function loadPolicy(file: string, maxTtlSeconds: number): Promise<GrantPolicy> {
  return parseGrantPolicy(await readText(file), file, maxTtlSeconds)
}

async function readText(file: string): Promise<string> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw invalid(`${file}: cannot be read: ${messageOf(error)}.`)
  })
  const text = decodeUtf8(bytes)
  if (text === undefined) throw invalid(`${file}: not in UTF-8.`)
  return text
}

async function requireDirectory(directory: string): Promise<void> {
  const stats = await stat(directory).catch(() => undefined)
  if (stats?.isDirectory() !== true) {
    throw invalid(`${directory}: not a directory. "countersign ca init" makes the one that "ca" names.`)
  }
}

function settingsSchema(folder: string) {
  return z.strictObject({
    trustDomain: textOf(parseTrustDomain),
    issuer: textOf(parseIssuer),
    listen: z.strictObject({ grpc: textOf(parseListenAddress) }),
    ca: pathFrom(folder),
    policy: pathFrom(folder),
    token: z
      .strictObject({ ttlSeconds: integerFrom(1, MAX_TTL_SECONDS).default(DEFAULT_TTL_SECONDS) })
      .default({ ttlSeconds: DEFAULT_TTL_SECONDS }),
  })
}

function namedFilesSchema(folder: string) {
  return z.looseObject({ ca: pathFrom(folder), policy: pathFrom(folder) })
}

function pathFrom(folder: string): z.ZodType<string> {
  return z
    .string()
    .min(1, 'expected a path.')
    .transform((path) => resolve(folder, path))
}

/** One spelling of each issuer, since verifiers compare it as text (RFC 8414 section 2, RFC 9068 section 4). */
function parseIssuer(text: string): string {
  const url = URL.parse(text)
  const canonical = url && url.origin + (url.pathname === '/' ? '' : url.pathname)
  if (url?.protocol !== 'https:' || text !== canonical || text.endsWith('/')) {
    throw invalid(
      'This is not an issuer. Expected https://localhost:8443 or the like: lowercase, no default port, ' +
        'no user, query or fragment, no slash at the end.',
    )
  }
  return text
}

function invalid(message: string): AuthError {
  return new AuthError('CONFIGURATION_INVALID', message)
}
