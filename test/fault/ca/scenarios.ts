import type { StageOptions, Step } from './stage.ts'
import {
  activate,
  activateRoot,
  another,
  crl,
  distrust,
  giveUpRoot,
  handOut,
  importFirst,
  importNext,
  importStatement,
  init,
  initOffline,
  issue,
  offline,
  prepare,
  prepareOutside,
  prepareRoot,
  renew,
  retire,
  retireRoot,
  revoke,
  sign,
} from './steps.ts'

/** A command that something befalls, and what comes before and after. */
export interface Scenario extends StageOptions {
  readonly title: string
  readonly command: Step
  /** How the command is refused when it is repeated after it was done. */
  readonly done?: RegExp
  readonly after?: readonly Step[]
}

export const SCENARIOS: readonly Scenario[] = [
  { title: 'ca init', before: [], command: init, done: /is there already/ },
  { title: 'ca init, with a passphrase', isEncrypted: true, before: [], command: init, done: /is there already/ },
  { title: 'ca issue', before: [init], command: issue },
  { title: 'ca issue, in place of a former credential', before: [init, issue], command: issue },
  { title: 'issuing by an authority', before: [init], command: handOut },
  { title: 'ca renew', before: [init, issue], command: renew },
  { title: 'ca sign', before: [init], command: sign },
  { title: 'revoke service', before: [init, issue], command: revoke },
  { title: 'ca crl', before: [init, issue, revoke], command: crl },
  { title: 'ca crl, the next one', before: [init, issue, crl, revoke], command: crl },
  { title: 'ca intermediate', before: [init, issue], command: another },
  { title: 'ca rotate prepare intermediate', before: [init, issue], command: prepare, done: /is prepared already/ },
  { title: 'ca rotate activate intermediate', before: [init, prepare], command: activate, done: /is prepared:/ },
  { title: 'ca rotate retire intermediate', before: [init, prepare, activate], command: retire, done: /is retiring:/ },
  { title: 'ca rotate prepare root', before: [init, issue], command: prepareRoot, done: /is prepared already/ },
  {
    title: 'ca rotate activate root',
    before: [init, issue, prepareRoot],
    command: activateRoot,
    done: /No root is prepared/,
  },
  {
    title: 'ca rotate retire root',
    before: [init, prepareRoot, activateRoot, prepare, activate, retire, issue],
    command: retireRoot,
    done: /No root is retiring/,
  },
  {
    title: 'ca distrust',
    before: [init, issue],
    command: distrust,
    done: /is distrusted already/,
    after: [prepare, activate, issue, crl],
  },
  {
    title: 'ca distrust, of a root that was prepared',
    before: [init, issue, prepareRoot],
    command: giveUpRoot,
    done: /is (?:distrusted|retired) already|is a root in use|There is no/,
    after: [prepareRoot, issue],
  },
  {
    title: 'ca init --offline-root',
    outside: { isStating: true },
    before: [],
    command: initOffline,
    done: /is there already/,
    after: [importFirst, issue],
  },
  {
    title: 'ca import, the first time',
    outside: { isStating: true },
    before: [initOffline],
    command: importFirst,
    done: /imported already/,
  },
  {
    title: 'ca rotate prepare intermediate, below a root elsewhere',
    outside: { isStating: true },
    before: offline,
    command: prepare,
    done: /is requested already/,
    after: [importNext, activate, issue],
  },
  {
    title: 'ca import',
    outside: { isStating: true },
    before: [...offline, prepare],
    command: importNext,
    done: /imported already/,
    after: [activate, issue],
  },
  {
    title: 'ca rotate prepare root, which a root elsewhere is to state',
    outside: { isStating: true },
    before: [...offline, issue],
    command: prepareOutside,
    done: /awaits the signature/,
    after: [importStatement, issue],
  },
  {
    title: 'ca import, of a statement',
    outside: { isStating: true },
    before: [...offline, prepareOutside],
    command: importStatement,
    done: /No bundle statement awaits/,
    after: [issue],
  },
  {
    title: 'ca rotate prepare root, below one that states nothing',
    outside: { isStating: false },
    before: [...offline, issue],
    command: prepareOutside,
    done: /Its key is that of root-[0-9a-f]+ already/,
    after: [activateRoot, issue],
  },
]
