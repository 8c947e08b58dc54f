import { stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { type GrantPolicy, MAX_TTL_SECONDS, parseGrantPolicy } from '../access/grant-policy.ts'
import { caFilesOf } from '../ca/directory/ca-files.ts'
import { type Address, parseListenAddress } from '../core/address.ts'
import { integerFrom, parseConfiguration, textOf } from '../core/configuration.ts'
import { AuthError } from '../core/errors.ts'
import { Problems } from '../core/problems.ts'
import { loadText } from '../core/text-file.ts'
import { loadPassphrase, type Passphrase, parsePassphrase } from '../identity/passphrase.ts'
import { parseTrustDomain, type TrustDomain } from '../identity/service-id.ts'

/** How an authority runs: `countersign.yaml` and the policy that it names. Complete, with every default filled in. */
export interface Configuration {
  readonly trustDomain: TrustDomain
  /** An https URL, the `iss` of every token. */
  readonly issuer: string
  readonly listen: { readonly grpc: Address }
  /** The CA's directory, absolute. */
  readonly ca: string
  /** The file of the store, absolute. */
  readonly storeFile: string
  /** What the CA's keys are encrypted with, absolute; undefined where the environment says, or they are not. */
  readonly caPassphraseFile: string | undefined
  readonly policy: GrantPolicy
  readonly token: {
    /** The lifetime of a token where its grant sets none. */
    readonly ttlSeconds: number
    /** How long a token signing key signs. */
    readonly keyRotationSeconds: number
  }
}

const DEFAULT_TTL_SECONDS = 300
const DEFAULT_KEY_ROTATION_SECONDS = 6 * 60 * 60
/** A key's certificate lives a day, of which half is left at least when the key is made. */
const MAX_KEY_ROTATION_SECONDS = 12 * 60 * 60

/**
 * Loads the configuration of an authority. Relative paths start at the file's own folder.
 * @throws AuthError CONFIGURATION_INVALID with every problem of the file and of its policy, each with its place
 */
export async function loadConfiguration(file: string): Promise<Configuration> {
  const text = await loadText(file)
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
  return { ...withStoreFile(settings), policy }
}

async function loadPolicy(file: string, maxTtlSeconds: number): Promise<GrantPolicy> {
  return parseGrantPolicy(await loadText(file), file, maxTtlSeconds)
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
    ...caFields(folder),
    policy: pathFrom(folder),
    token: z
      .strictObject({
        ttlSeconds: integerFrom(1, MAX_TTL_SECONDS).default(DEFAULT_TTL_SECONDS),
        keyRotationSeconds: integerFrom(60, MAX_KEY_ROTATION_SECONDS).default(DEFAULT_KEY_ROTATION_SECONDS),
      })
      .default({ ttlSeconds: DEFAULT_TTL_SECONDS, keyRotationSeconds: DEFAULT_KEY_ROTATION_SECONDS }),
  })
}

/** What the commands on the CA go by; they run beside an authority, or before there is one. */
export type CaSettings = Pick<Configuration, 'ca' | 'storeFile' | 'caPassphraseFile'> & {
  readonly trustDomain: TrustDomain | undefined
}

/** @throws AuthError CONFIGURATION_INVALID with every problem and its place; what an authority needs alone is not judged */
export async function loadCaSettings(file: string): Promise<CaSettings> {
  const { issuer, listen, policy, token } = settingsSchema(dirname(file)).shape
  const others = Object.fromEntries(
    Object.keys({ issuer, listen, policy, token }).map((key) => [key, z.unknown().optional()]),
  )
  const trustDomain = textOf(parseTrustDomain).optional()
  const schema = z.strictObject({ ...others, trustDomain, ...caFields(dirname(file)) })
  const settings = withStoreFile(parseConfiguration(await loadText(file), file, schema))
  const { ca, storeFile, caPassphraseFile } = settings
  return { ca, storeFile, caPassphraseFile, trustDomain: settings.trustDomain }
}

/**
 * What the keys of a CA are encrypted with: as a file says, or the environment. Undefined where neither does.
 * @throws AuthError CONFIGURATION_INVALID
 */
export async function caPassphrase(file: string | undefined): Promise<Passphrase | undefined> {
  if (file !== undefined) return loadPassphrase(file)
  const text = process.env['COUNTERSIGN_CA_PASSPHRASE']
  return text === undefined || text === '' ? undefined : parsePassphrase(text, 'COUNTERSIGN_CA_PASSPHRASE')
}

function caFields(folder: string) {
  return {
    ca: pathFrom(folder),
    store: textOf((text) => parseStore(text, folder)).optional(),
    caPassphraseFile: pathFrom(folder).optional(),
  }
}

/** A CA keeps its store in its own directory, unless told otherwise. */
function withStoreFile<
  Settings extends { ca: string; store?: string | undefined; caPassphraseFile?: string | undefined },
>({ store, ...settings }: Settings) {
  const { caPassphraseFile } = settings
  return { ...settings, caPassphraseFile, storeFile: store ?? caFilesOf(settings.ca).store }
}

const SQLITE = 'sqlite:'

function parseStore(text: string, folder: string): string {
  if (text.startsWith(SQLITE) && text.length > SQLITE.length) return resolve(folder, text.slice(SQLITE.length))
  throw invalid('This is not a store. Expected sqlite:./authority.db or the like.')
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
