import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { openStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/store.ts'
import type { Revision } from '../../src/trust/revision.ts'
import { caState } from '../support/ca-records.ts'
import { temporaryDirectory } from '../support/directory.ts'

const PROGRAM = fileURLToPath(new URL('./store-process.ts', import.meta.url))

interface Worker {
  readonly child: ChildProcess
  /** What it has written. Complete once it has ended. */
  readonly lines: string[]
  /** Resolves with its exit code or signal. */
  readonly ended: Promise<unknown>
}

/** Processes that start their work at the same time, once all of them are there. */
async function startTogether(file: string, tasks: readonly (readonly string[])[]): Promise<readonly Worker[]> {
  const workers = await Promise.all(tasks.map(([task = '', ...more]) => start([task, file, ...more])))
  for (const { child } of workers) child.send('go')
  return workers
}

async function start(args: readonly string[]): Promise<Worker> {
  const child = fork(PROGRAM, args, {
    execArgv: ['--conditions=source'],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines: string[] = []
  if (child.stdout !== null) createInterface(child.stdout).on('line', (line) => lines.push(line))
  const ended = once(child, 'close').then(([code, signal]) => signal ?? code)
  await once(child, 'message')
  return { child, lines, ended }
}

async function runTogether(file: string, tasks: readonly (readonly string[])[]): Promise<readonly string[][]> {
  const workers = await startTogether(file, tasks)
  expect(await Promise.all(workers.map(({ ended }) => ended))).toEqual(tasks.map(() => 0))
  return workers.map(({ lines }) => lines)
}

async function open(file: string): Promise<Store> {
  const store = await openStore(file, { create: true, firstEpoch: 1 })
  onTestFinished(() => store.close())
  return store
}

test('processes that make one store at once share it: one of them makes the CA', async () => {
  const file = join(await temporaryDirectory(), 'ca.db')
  const lines = await runTogether(file, [['create'], ['create'], ['create']])
  expect(lines.flat().sort()).toEqual(['made', 'there', 'there'])
  expect(await (await open(file)).ledger.read()).toEqual(caState())
})

test('a key that two processes certify at once belongs to one service', async () => {
  const file = join(await temporaryDirectory(), 'ca.db')
  const store = await open(file)
  await store.ledger.create(caState())
  const [orders = [], inventory = []] = await runTogether(file, [
    ['claim', 'orders'],
    ['claim', 'inventory'],
  ])
  for (let index = 0; index < 100; index += 1) {
    const outcomes = [...orders, ...inventory].filter((line) => line.endsWith(` ${index}`)).sort()
    expect(outcomes).toEqual([`REQUEST_INVALID ${index}`, `mine ${index}`])
  }
  const owners = new Map<string, string>()
  for (const { keyThumbprint, serviceId } of await store.inventory.list({ serviceId: undefined, validAt: 0 })) {
    expect(owners.get(keyThumbprint) ?? serviceId).toBe(serviceId)
    owners.set(keyThumbprint, serviceId)
  }
  expect(owners.size).toBe(100)
})

test('no change of the state is lost between two processes', async () => {
  const file = join(await temporaryDirectory(), 'ca.db')
  const store = await open(file)
  await store.ledger.create(caState())
  await runTogether(file, [
    ['append', 'one'],
    ['append', 'other'],
  ])
  const statements = (await store.ledger.read())?.statements ?? []
  expect(statements.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 101 }, (_, index) => index + 1))
  expect(statements.filter(({ text }) => text === 'one')).toHaveLength(50)
})

test('what was recorded is there after a process was killed', async () => {
  const file = join(await temporaryDirectory(), 'ca.db')
  await (await open(file)).ledger.create(caState())
  const recorded: string[] = []
  for (const enough of [1, 10, 200, 1000]) {
    const [worker] = await startTogether(file, [['record']])
    if (worker === undefined) throw new Error('no worker')
    while (worker.lines.length < enough) await new Promise(setImmediate)
    worker.child.kill('SIGKILL')
    expect(await worker.ended).toBe('SIGKILL')
    recorded.push(...worker.lines)
  }
  const store = await open(file)
  const found = await store.inventory.list({ serviceId: undefined, validAt: 0 })
  expect(recorded.length).toBeGreaterThanOrEqual(1211)
  expect(new Set(recorded).difference(new Set(found.map(({ serialNumber }) => serialNumber)))).toEqual(new Set())
})

test('whoever reads the trust log while two processes write it misses nothing, and nothing comes late', async () => {
  const file = join(await temporaryDirectory(), 'ca.db')
  const { trustLog } = await open(file)
  const workers = await startTogether(file, [
    ['revoke', 'one'],
    ['revoke', 'other'],
  ])
  let isOver = false
  const ended = Promise.all(workers.map((worker) => worker.ended)).finally(() => {
    isOver = true
  })
  const heardAt = new Map<string, number>()
  let after: Revision = { epoch: 1, sequence: 0 }
  for (let isLast = false; !isOver || !isLast; ) {
    const part = await trustLog.read(after, 7)
    for (const change of part.changes) if (change.kind === 'token') heardAt.set(change.id, part.revision.sequence)
    expect(part.revision.sequence).toBeGreaterThanOrEqual(after.sequence)
    ;({ isLast, revision: after } = part)
    await new Promise(setImmediate)
  }
  expect(await ended).toEqual([0, 0])

  const written = workers.flatMap(({ lines }) => lines).map((line) => line.split(' '))
  expect(written.map(([, sequence]) => Number(sequence)).sort((one, other) => one - other)).toEqual(
    Array.from({ length: 200 }, (_, index) => index + 1),
  )
  expect(after).toEqual({ epoch: 1, sequence: 200 })
  for (const [id = '', sequence] of written) {
    expect(heardAt.get(id), id).toBeGreaterThanOrEqual(Number(sequence))
  }
  expect(heardAt.size).toBe(175)
})

test('a revocation that was acknowledged is there after a process was killed', async () => {
  const file = join(await temporaryDirectory(), 'ca.db')
  const { trustLog } = await open(file)
  const acknowledged: string[] = []
  for (const enough of [1, 10, 100]) {
    const [worker] = await startTogether(file, [['revokeOn', `of-${enough}`]])
    if (worker === undefined) throw new Error('no worker')
    while (worker.lines.length < enough) await new Promise(setImmediate)
    worker.child.kill('SIGKILL')
    expect(await worker.ended).toBe('SIGKILL')
    acknowledged.push(...worker.lines)
  }
  const { changes } = await trustLog.read(undefined, 1_000_000)
  const standing = new Set(changes.map((change) => (change.kind === 'roots' ? '' : change.id)))
  expect(acknowledged.length).toBeGreaterThanOrEqual(111)
  expect(new Set(acknowledged).difference(standing)).toEqual(new Set())
})

test('a migration that was killed has changed nothing', async () => {
  const file = join(await temporaryDirectory(), 'ca.db')
  const [worker] = await startTogether(file, [['die-migrating']])
  expect(await worker?.ended).toBe('SIGKILL')
  const store = await open(file)
  await store.ledger.create(caState())
  expect(await store.ledger.read()).toEqual(caState())
})
