import { join } from 'node:path'
import { IN_MEMORY, openStore } from '../../src/store/open.ts'
import { temporaryDirectory } from '../support/directory.ts'
import { describeStore } from './contract.ts'

describeStore('SQLite in a file', async () =>
  openStore(join(await temporaryDirectory(), 'ca.db'), { create: true, firstEpoch: 1 }),
)
describeStore('SQLite in memory', () => openStore(IN_MEMORY, { create: true }))
