import { join } from 'node:path'
import type { StageOptions, Step } from './stage.ts'
import {
  activate,
  activateRoot,
  another,
  crl,
  distrust,
  giveUpRoot,
  importFirst,
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

/** Two processes that work on one CA at the same time. */
export interface Pair extends StageOptions {
  readonly title: string
  readonly one: Step
  readonly other: readonly Step[]
  /** How either may be refused, for what the other one does. */
  readonly refused?: RegExp
  /** Whether one of them must be. */
  readonly isForOne?: true
  readonly after?: readonly Step[]
}

const NOT_ACTIVE = /is not active\. Nothing was issued|has the key of no active intermediate/

const signForAnother: Step = async (place, roots) => {
  const args = await sign(place, roots)
  return args.map((arg) => (arg === 'storefront' ? 'inventory' : arg))
}
const anotherElsewhere: Step = async (place, roots) => {
  const args = await another(place, roots)
  return args.map((arg) => (arg === join(place.dir, '..', 'authority-b') ? join(place.base, 'authority-b2') : arg))
}

export const PAIRS: readonly Pair[] = [
  { title: 'two that make the CA', before: [], one: init, other: [init], refused: /already/ },
  { title: 'two that issue to one service', before: [init, issue], one: issue, other: [issue] },
  { title: 'two that renew one certificate', before: [init, issue], one: renew, other: [renew] },
  {
    title: 'two that certify one key for two services',
    before: [init],
    one: sign,
    other: [signForAnother],
    refused: /belongs to another service/,
    isForOne: true,
  },
  { title: 'issuing, and a revocation', before: [init, issue], one: issue, other: [revoke], refused: /Ask again/ },
  { title: 'issuing, and an activation', before: [init, prepare], one: issue, other: [activate], refused: NOT_ACTIVE },
  {
    title: 'issuing, and distrust',
    before: [init, issue],
    one: issue,
    other: [distrust],
    refused: NOT_ACTIVE,
    after: [prepare, activate, issue],
  },
  { title: 'issuing, and a root that is prepared', before: [init, issue], one: issue, other: [prepareRoot] },
  {
    title: 'issuing, and a root that is retired',
    before: [init, prepareRoot, activateRoot, prepare, activate, retire],
    one: issue,
    other: [retireRoot],
  },
  {
    title: 'issuing, and a root that is replaced from beginning to end',
    before: [init],
    one: issue,
    other: [prepareRoot, activateRoot, prepare, activate, revoke, retire, retireRoot],
    refused:
      /is not active|no active intermediate|Ask again|never issued anything|still valid|rotate that intermediate first/,
    after: [],
  },
  { title: 'two CRLs', before: [init, issue, revoke], one: crl, other: [crl] },
  { title: 'a CRL, and a revocation with its CRL', before: [init, issue], one: crl, other: [revoke, crl] },
  {
    title: 'a CRL, and distrust with its CRL',
    before: [init, issue],
    one: crl,
    other: [distrust, crl],
    after: [prepare, activate, issue],
  },
  {
    title: 'two that prepare an intermediate',
    before: [init],
    one: prepare,
    other: [prepare],
    refused: /is prepared already/,
    isForOne: true,
  },
  {
    title: 'two that activate one',
    before: [init, prepare],
    one: activate,
    other: [activate],
    refused: /No intermediate "intermediate" is prepared/,
    isForOne: true,
  },
  {
    title: 'two that retire one',
    before: [init, prepare, activate],
    one: retire,
    other: [retire],
    refused: /No intermediate "intermediate" is retiring/,
    isForOne: true,
  },
  { title: 'two that make an intermediate of one name', before: [init], one: another, other: [anotherElsewhere] },
  {
    title: 'two that prepare a root',
    before: [init, issue],
    one: prepareRoot,
    other: [prepareRoot],
    refused: /is prepared already/,
    isForOne: true,
  },
  {
    title: 'a root that is prepared, while another one replaces the former',
    before: [init],
    one: prepareRoot,
    other: [prepareRoot, activateRoot, prepare, activate, retire, retireRoot],
    refused: /is prepared already|is retiring: |was rotated meanwhile|No root is|is prepared: /,
  },
  {
    title: 'an intermediate that is prepared, while a root is activated',
    before: [init, prepareRoot],
    one: prepare,
    other: [activateRoot],
    refused: /was rotated meanwhile/,
  },
  {
    title: 'a root that is activated, while another one gives it up',
    before: [init, issue, prepareRoot],
    one: activateRoot,
    other: [giveUpRoot],
    refused: /No root is prepared|is a root in use|was rotated meanwhile|only a root that is not yet active/,
    isForOne: true,
  },
  {
    title: 'two that retire a root',
    before: [init, prepareRoot, activateRoot, prepare, activate, retire, issue],
    one: retireRoot,
    other: [retireRoot],
    refused: /No root is retiring/,
    isForOne: true,
  },
  {
    title: 'two that import the first certificate',
    outside: { isStating: true },
    before: [initOffline],
    one: importFirst,
    other: [importFirst],
    refused: /imported already/,
    isForOne: true,
  },
  {
    title: 'two that import the signature of a statement',
    outside: { isStating: true },
    before: [...offline, prepareOutside],
    one: importStatement,
    other: [importStatement],
    refused: /No bundle statement awaits/,
    isForOne: true,
  },
  {
    title: 'two that prepare a root below one that states nothing',
    outside: { isStating: false },
    before: [...offline, issue],
    one: prepareOutside,
    other: [prepareOutside],
    refused: /Its key is that of root-[0-9a-f]+ already/,
    isForOne: true,
  },
]
