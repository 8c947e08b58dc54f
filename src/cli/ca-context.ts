import { type Command, Option } from 'commander'
import { loadProfiles } from '../ca/certificate/profiles.ts'
import type { CertificateAuthority } from '../ca/certificate-authority.ts'
import { type CaFiles, caFilesOf } from '../ca/directory/ca-files.ts'
import type { CaHome } from '../ca/directory/ca-home.ts'
import type { KeyProtection } from '../ca/directory/key-files.ts'
import { loadCertificateAuthority, loadState } from '../ca/directory/load.ts'
import type { SettledPlace } from '../ca/directory/settle.ts'
import type { CaState } from '../ca/issuers/ca-state.ts'
import { type Clock, systemClock } from '../core/clock.ts'
import { AuthError } from '../core/errors.ts'
import type { Passphrase } from '../identity/passphrase.ts'
import type { TrustDomain } from '../identity/service-id.ts'
import { caPassphrase, loadCaSettings } from '../server/config.ts'
import { openStore } from '../store/open.ts'
import type { Store } from '../store/store.ts'
import { operatorOf } from './operator.ts'
import { shellWord } from './shell-word.ts'

/** Where a command finds the CA, and what its keys are encrypted with. */
export interface CaArguments {
  readonly dir?: string
  readonly config?: string
  readonly passphraseFile?: string
}

export interface ProtectionArguments extends CaArguments {
  readonly dangerouslyUnencrypted?: true
}

/** A CA as its files are, its store not yet opened. */
export interface CaPlace {
  readonly files: CaFiles
  readonly storeFile: string
  /** As the configuration has it; undefined where there is none. */
  readonly trustDomain: TrustDomain | undefined
  readonly passphrase: () => Promise<Passphrase | undefined>
}

/** A CA whose store is open. */
export interface OpenCa extends CaPlace {
  readonly store: Store
  /** For the record: whoever runs the command. */
  readonly operator: string
  readonly clock: Clock
}

/** Gives a command the options that say where the CA is. */
export function withCa(command: Command): Command {
  return command
    .addOption(new Option('--dir <directory>', 'where the CA lies (default: ./pki)').conflicts('config'))
    .option('--config <file>', "the authority's configuration, which says where the CA and its store are")
}

/** The same for a command that uses a key of the CA. */
export function withCaKey(command: Command): Command {
  return withCa(command).option(
    '--passphrase-file <file>',
    'what the keys are encrypted with (default: caPassphraseFile of the configuration, or COUNTERSIGN_CA_PASSPHRASE)',
  )
}

/** The same for a command that makes a key of the CA. */
export function withNewCaKey(command: Command): Command {
  return withCaKey(command).option('--dangerously-unencrypted', 'write new keys as they are')
}

export async function locateCa(args: CaArguments): Promise<CaPlace> {
  const settings = args.config === undefined ? undefined : await loadCaSettings(args.config)
  const files = caFilesOf(settings?.ca ?? args.dir ?? './pki')
  return {
    files,
    trustDomain: settings?.trustDomain,
    storeFile: settings?.storeFile ?? files.store,
    passphrase: once(() => caPassphrase(args.passphraseFile ?? settings?.caPassphraseFile)),
  }
}

/** Opens the store of a CA for as long as `use` takes. */
export async function useCa<Result>(args: CaArguments, use: (ca: OpenCa) => Promise<Result>): Promise<Result> {
  return usePlace(await locateCa(args), use)
}

/** The same where the place is known, and the store perhaps not there yet. */
export async function usePlace<Result>(
  place: CaPlace,
  use: (ca: OpenCa) => Promise<Result>,
  { create = false }: { readonly create?: boolean } = {},
): Promise<Result> {
  const store = await openStore(place.storeFile, { create })
  try {
    return await use({ ...place, store, operator: operatorOf(), clock: systemClock })
  } finally {
    await store.close()
  }
}

/** @throws AuthError CONFIGURATION_INVALID where there is no CA, or one of another trust domain than the configuration's */
export async function stateOf({ files, store, trustDomain }: OpenCa): Promise<CaState> {
  const state = await loadState(files.directory, store.ledger)
  if (trustDomain === undefined || trustDomain === state.trustDomain) return state
  throw new AuthError(
    'CONFIGURATION_INVALID',
    `The CA in ${files.directory} is of ${state.trustDomain}, the configuration of ${trustDomain}.`,
  )
}

/** The CA, to issue with it. */
export async function loadCa(open: OpenCa): Promise<CertificateAuthority> {
  await stateOf(open)
  const { store, clock, passphrase } = open
  const { ledger, inventory } = store
  const { directory } = open.files
  return loadCertificateAuthority({ directory, ledger, inventory, passphrase: await passphrase(), clock })
}

/** What a step works on that needs no key. */
export function placeOf({ files, store, clock }: OpenCa): SettledPlace {
  return { directory: files.directory, ledger: store.ledger, clock }
}

/** What the steps work on that change a CA. */
export async function homeOf({ files, store, operator, clock, passphrase }: OpenCa): Promise<CaHome> {
  return {
    directory: files.directory,
    ledger: store.ledger,
    profiles: await loadProfiles(files.profiles),
    passphrase: await passphrase(),
    requestedBy: operator,
    clock,
  }
}

/**
 * How new keys are to lie on disk.
 * @throws AuthError CONFIGURATION_INVALID where that was not decided
 */
export async function protectionOf(
  { dangerouslyUnencrypted }: ProtectionArguments,
  { passphrase }: Pick<CaPlace, 'passphrase'>,
): Promise<KeyProtection> {
  const given = await passphrase()
  if (given !== undefined && !dangerouslyUnencrypted) return given
  if (given !== undefined) {
    throw new AuthError(
      'CONFIGURATION_INVALID',
      'There is a passphrase, and --dangerously-unencrypted would do without it. Leave out one of the two.',
    )
  }
  if (dangerouslyUnencrypted) return 'dangerouslyUnencrypted'
  throw new AuthError(
    'CONFIGURATION_INVALID',
    "The CA's new keys would lie on disk unencrypted. Give a passphrase: --passphrase-file, caPassphraseFile in the " +
      'configuration, or the variable COUNTERSIGN_CA_PASSPHRASE. To do without one, write --dangerously-unencrypted.',
  )
}

/** What to say of a new key. */
export function keyWarning(keys: readonly string[], protection: KeyProtection): string {
  return protection === 'dangerouslyUnencrypted'
    ? `${keys.join(' and ')} not encrypted: whoever reads one can be any service.`
    : `${keys.join(' and ')} encrypted: keep the passphrase elsewhere, and do not lose it.`
}

/** A command to go on with, on the same CA. */
export function nextCommand(words: string, args: CaArguments): string {
  return commandOf(`ca ${words}`, args)
}

/** The same for one that is not below `ca`. */
export function commandOf(words: string, { dir, config }: CaArguments): string {
  const dirOption = dir === undefined ? '' : ` --dir ${shellWord(dir)}`
  const place = config === undefined ? dirOption : ` --config ${shellWord(config)}`
  return `"countersign ${words}${place}"`
}

/** What is read as a file may be a pipe, which can be read once. */
function once<Result>(load: () => Promise<Result>): () => Promise<Result> {
  let loaded: Promise<Result> | undefined
  return () => {
    loaded ??= load()
    return loaded
  }
}
