import { readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { initCa, refused, told } from '../support/ca-command.ts'
import { temporaryDirectory } from '../support/directory.ts'
import { describeWith, openssl, runTool } from '../support/tools.ts'

const PLAIN = '--dangerously-unencrypted'

interface OutsideRoot {
  readonly certificate: string
  readonly key: string
}

async function run(...args: string[]): Promise<void> {
  const { exitCode, output } = await runTool(openssl, args)
  expect(exitCode, output).toBe(0)
}

/** A root that a company has, made by openssl. `digitalSignature`: one that states bundles too. */
async function outsideRoot(usage: string, ...keyOptions: string[]): Promise<OutsideRoot> {
  const directory = await temporaryDirectory()
  const [certificate, key] = [join(directory, 'root.pem'), join(directory, 'root.key')]
  const newKey = keyOptions.length === 0 ? ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'] : keyOptions
  const subject = ['-subj', '/O=Company/CN=Root', '-days', '3650', '-addext', `keyUsage=critical,${usage}`]
  await run('req', '-x509', '-newkey', ...newKey, '-nodes', '-keyout', key, '-out', certificate, ...subject)
  return { certificate, key }
}

async function requestIn(dir: string): Promise<string> {
  const requests = (await readdir(dir)).filter((file) => file.endsWith('.csr'))
  expect(requests).toHaveLength(1)
  return join(dir, requests[0] ?? '')
}

/** What the root's owner does with a request. */
async function certify({ certificate, key }: OutsideRoot, request: string, ...options: string[]): Promise<string> {
  const answer = request.replace('.csr', '.pem')
  const signing = ['x509', '-req', '-in', request, '-CA', certificate, '-CAkey', key, '-days', '365', '-out', answer]
  await run(...signing, ...(options.length === 0 ? ['-copy_extensions', 'copyall'] : options))
  return answer
}

const CA_EXTENSIONS = `basicConstraints=critical,CA:true
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
`

/** A CA that a company has below its root; it outlives what it certifies. */
async function companyCa(root: OutsideRoot, extensions = CA_EXTENSIONS, ...options: string[]): Promise<OutsideRoot> {
  const directory = await temporaryDirectory()
  const [key, request, config] = ['key', 'csr', 'cnf'].map((ending) => join(directory, `issuing.${ending}`))
  if (key === undefined || request === undefined || config === undefined) throw new Error('no names')
  await writeFile(config, extensions)
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key]
  await run('req', '-new', ...newKey, '-subj', '/CN=Issuing', '-out', request)
  return { certificate: await certify(root, request, '-extfile', config, '-days', '730', ...options), key }
}

/** Issuing has certified Peer, and Peer has certified Issuing. */
async function crossCertificates(issuingKey: string): Promise<readonly string[]> {
  const directory = await temporaryDirectory()
  const file = (name: string) => join(directory, name)
  await run('genpkey', '-algorithm', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', file('peer.key'))
  await writeFile(file('ca.cnf'), 'basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\n')
  const sides: [name: string, key: string][] = [
    ['Issuing', issuingKey],
    ['Peer', file('peer.key')],
  ]
  for (const [name, key] of sides) {
    await run('req', '-x509', '-key', key, '-subj', `/CN=${name}`, '-out', file(`${name}.pem`))
    await run('req', '-new', '-key', key, '-subj', `/CN=${name}`, '-out', file(`${name}-crossed.csr`))
  }
  const issuing = { certificate: file('Issuing.pem'), key: issuingKey }
  const peer = { certificate: file('Peer.pem'), key: file('peer.key') }
  const crossed = [
    await certify(issuing, file('Peer-crossed.csr'), '-extfile', file('ca.cnf')),
    await certify(peer, file('Issuing-crossed.csr'), '-extfile', file('ca.cnf')),
  ]
  return Promise.all(crossed.map((certificate) => readFile(certificate, 'utf8')))
}

describeWith(openssl, 'a root that is kept elsewhere', () => {
  for (const [kind, ...key] of [
    ['on P-256'],
    ['of RSA', 'rsa:2048'],
    ['on P-384', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  ]) {
    test(`${kind} certifies the intermediate by hand`, async () => {
      const root = await outsideRoot('keyCertSign,cRLSign', ...key)
      const { dir, out } = await initCa('--offline-root')
      await refused('CONFIGURATION_INVALID', 'ca', 'issue', 'orders', '--dir', dir, '--out', out)
      const answer = await certify(root, await requestIn(dir))
      await refused('REQUEST_INVALID', 'ca', 'import', answer, '--dir', dir)
      const imported = await told('ca', 'import', answer, '--root', root.certificate, '--dir', dir)
      expect(imported).toMatchObject({ imported: 'certificate', state: 'active' })
      await refused('REQUEST_INVALID', 'ca', 'import', answer, '--root', root.certificate, '--dir', dir)

      await told('ca', 'issue', 'orders', '--dir', dir, '--out', out)
      const chain = join(out, 'orders.pem')
      await run('verify', '-x509_strict', '-CAfile', join(out, 'bundle.pem'), '-untrusted', chain, chain)
    })
  }

  test('is not taken with an answer that cannot issue, or answers nothing', async () => {
    const root = await outsideRoot('keyCertSign,cRLSign')
    const { dir } = await initCa('--offline-root')
    const request = await requestIn(dir)
    const other = await outsideRoot('keyCertSign')
    const leaf = join(dir, 'leaf.cnf')
    await writeFile(leaf, 'basicConstraints=critical,CA:false\nkeyUsage=critical,digitalSignature\n')
    const import_ = (answer: string, of = root) =>
      refused('REQUEST_INVALID', 'ca', 'import', answer, '--root', of.certificate, '--dir', dir)
    expect(await import_(await certify(root, request, '-extfile', leaf))).toContain('not the certificate of a CA')
    expect(await import_(await certify(root, request), other)).toContain('does not lead to a root')
    expect(await import_(root.certificate)).toContain('answers a request')
    expect((await told('ca', 'list', '--dir', dir)).authorities).toMatchObject([{ state: 'requested' }])
  })

  const unusable: [title: string, extensions: string, problem: string, ...options: string[]][] = [
    [
      'allows no CA below it',
      CA_EXTENSIONS.replace('CA:true', 'CA:true,pathlen:0'),
      'CN=Issuing: its path length is 0',
    ],
    ['serves mail only', `${CA_EXTENSIONS}extendedKeyUsage=emailProtection\n`, 'CN=Issuing: its extended key usage'],
    ['is signed with SHA-1', CA_EXTENSIONS, 'CN=Issuing: it is not signed with SHA-256', '-sha1'],
    [
      'is signed with SHA-1 in RSASSA-PSS',
      CA_EXTENSIONS,
      'CN=Issuing: it is not signed with SHA-256',
      ...['-sha1', '-sigopt', 'rsa_padding_mode:pss'],
    ],
  ]
  for (const [title, extensions, problem, ...options] of unusable) {
    test(`is not taken above a company CA that ${title}`, async () => {
      const root = await outsideRoot('keyCertSign,cRLSign', 'rsa:2048')
      const { dir } = await initCa('--offline-root')
      const issuing = await companyCa(root, extensions, ...options)
      const answer = await certify(issuing, await requestIn(dir))
      const import_ = ['ca', 'import', answer, '--root', root.certificate, '--dir', dir]
      await writeFile(answer, (await readFile(issuing.certificate, 'utf8')) + (await readFile(answer, 'utf8')))
      expect(await refused('REQUEST_INVALID', ...import_)).toContain(problem)
    })
  }

  test('may sign in RSASSA-PSS', async () => {
    const root = await outsideRoot('keyCertSign,cRLSign', 'rsa:2048')
    const { dir } = await initCa('--offline-root')
    const pss = ['-copy_extensions', 'copyall', '-sha256', '-sigopt', 'rsa_padding_mode:pss']
    const answer = await certify(root, await requestIn(dir), ...pss)
    expect((await told('ca', 'import', answer, '--root', root.certificate, '--dir', dir)).state).toBe('active')
  })

  test('is not taken where it is no root', async () => {
    const issuing = await companyCa(await outsideRoot('keyCertSign,cRLSign'))
    const { dir } = await initCa('--offline-root')
    const answer = await certify(issuing, await requestIn(dir))
    const message = await refused(
      'REQUEST_INVALID',
      'ca',
      'import',
      answer,
      '--root',
      issuing.certificate,
      '--dir',
      dir,
    )
    expect(message).toContain('it is not signed by itself')
  })

  test('is not taken with an answer that lacks the name constraint, unless the profile waives it', async () => {
    const root = await outsideRoot('keyCertSign,cRLSign')
    const { dir } = await initCa('--offline-root')
    const plain = join(dir, 'plain.cnf')
    await writeFile(plain, CA_EXTENSIONS)
    const answer = await certify(root, await requestIn(dir), '-extfile', plain)
    const import_ = ['ca', 'import', answer, '--root', root.certificate, '--dir', dir]
    expect(await refused('REQUEST_INVALID', ...import_)).toContain('lacks the name constraint that was asked for')
    const profiles = join(dir, 'profiles.yaml')
    const text = await readFile(profiles, 'utf8')
    await writeFile(profiles, text.replace('nameConstraint: true', 'nameConstraint: false'))
    expect((await told(...import_)).state).toBe('active')
  })

  test('is not taken from an answer that is too long to be one', async () => {
    const { dir } = await initCa('--offline-root')
    const answer = join(dir, 'long.pem')
    await writeFile(answer, '-'.repeat(262_145))
    expect(await refused('REQUEST_INVALID', 'ca', 'import', answer, '--dir', dir)).toContain('longer than 262144 bytes')
  })

  test('is not found from CAs that have certified each other, and the search ends', async () => {
    const root = await outsideRoot('keyCertSign,cRLSign')
    const { dir } = await initCa('--offline-root')
    const first = await companyCa(root)
    const answer = await certify(first, await requestIn(dir))
    const crossed = await crossCertificates(first.key)
    await writeFile(answer, [await readFile(answer, 'utf8'), ...crossed].join(''))
    const message = await refused('REQUEST_INVALID', 'ca', 'import', answer, '--root', root.certificate, '--dir', dir)
    expect(message).toContain('does not lead to a root')
  })

  test('stands above a company CA that stands above ours', async () => {
    const root = await outsideRoot('keyCertSign,cRLSign')
    const { dir, out } = await initCa('--offline-root')
    const issuing = await companyCa(root)
    const answer = await certify(issuing, await requestIn(dir))
    await writeFile(answer, (await readFile(issuing.certificate, 'utf8')) + (await readFile(answer, 'utf8')))
    await told('ca', 'import', answer, '--root', root.certificate, '--dir', dir)
    await told('ca', 'issue', 'orders', '--dir', dir, '--out', out)
    const chain = join(out, 'orders.pem')
    expect((await readFile(chain, 'utf8')).match(/BEGIN/g)).toHaveLength(3)
    await run('verify', '-x509_strict', '-CAfile', join(out, 'bundle.pem'), '-untrusted', chain, chain)
  })

  test('that may sign more than certificates states the next bundle by a signature', async () => {
    const root = await outsideRoot('digitalSignature,keyCertSign,cRLSign')
    const { dir, out } = await initCa('--offline-root')
    await told('ca', 'import', await certify(root, await requestIn(dir)), '--root', root.certificate, '--dir', dir)
    await told('ca', 'issue', 'orders', '--dir', dir, '--out', out)

    const { statement } = await told('ca', 'rotate', 'prepare', 'root', PLAIN, '--dir', dir)
    const rootsIn = async () => (await readFile(join(dir, 'bundle.pem'), 'utf8')).match(/BEGIN/g)?.length
    expect(await rootsIn()).toBe(1)
    await refused('REQUEST_INVALID', 'ca', 'rotate', 'activate', 'root', '--verifiers-updated', '--dir', dir)
    const signature = join(dir, 'statement.sig')
    const other = await outsideRoot('digitalSignature,keyCertSign')
    await run('dgst', '-sha256', '-sign', other.key, '-out', signature, statement.file)
    await refused('REQUEST_INVALID', 'ca', 'import', signature, '--dir', dir)
    await run('dgst', '-sha256', '-sign', root.key, '-out', signature, statement.file)
    await told('ca', 'import', signature, '--dir', dir)
    expect(await rootsIn()).toBe(2)
    await refused('REQUEST_INVALID', 'ca', 'import', signature, '--dir', dir)
    await told('ca', 'rotate', 'activate', 'root', '--verifiers-updated', '--dir', dir)
    await told('ca', 'rotate', 'prepare', 'intermediate', PLAIN, '--dir', dir)
    await told('ca', 'rotate', 'activate', 'intermediate', '--dir', dir)
    await told('ca', 'issue', 'inventory', '--dir', dir, '--out', out)
    const chain = join(out, 'inventory.pem')
    await run('verify', '-x509_strict', '-CAfile', join(dir, 'bundle.pem'), '-untrusted', chain, chain)
  })

  test("signs no statement of a root that was given up, whose sequence is no other's", async () => {
    const root = await outsideRoot('digitalSignature,keyCertSign,cRLSign')
    const { dir } = await initCa('--offline-root')
    await told('ca', 'import', await certify(root, await requestIn(dir)), '--root', root.certificate, '--dir', dir)
    const prepared = await told('ca', 'rotate', 'prepare', 'root', PLAIN, '--dir', dir)
    const signature = join(dir, 'statement.sig')
    await run('dgst', '-sha256', '-sign', root.key, '-out', signature, prepared.statement.file)
    const givenUp = await told('ca', 'distrust', prepared.prepared, '--yes', '--dir', dir)
    expect(givenUp).toMatchObject({ distrusted: true })
    expect(givenUp.statement).toEqual({})
    expect(await readdir(dir)).not.toContain(basename(prepared.statement.file))
    await refused('REQUEST_INVALID', 'ca', 'import', signature, '--dir', dir)

    const next = await told('ca', 'rotate', 'prepare', 'root', PLAIN, '--dir', dir)
    expect(next.statement.sequence).toBe(prepared.statement.sequence + 1)
    await refused('REQUEST_INVALID', 'ca', 'import', signature, '--dir', dir)
    await run('dgst', '-sha256', '-sign', root.key, '-out', signature, next.statement.file)
    await told('ca', 'import', signature, '--dir', dir)
    expect((await readFile(join(dir, 'bundle.pem'), 'utf8')).match(/BEGIN/g)).toHaveLength(2)
  })

  test('certifies no intermediate before it is the active one, nor after', async () => {
    const root = await outsideRoot('keyCertSign,cRLSign')
    const { dir } = await initCa('--offline-root')
    await told('ca', 'import', await certify(root, await requestIn(dir)), '--root', root.certificate, '--dir', dir)
    const next = await outsideRoot('keyCertSign,cRLSign')
    await told('ca', 'rotate', 'prepare', 'root', '--certificate', next.certificate, '--dir', dir)
    const { request } = await told('ca', 'rotate', 'prepare', 'intermediate', PLAIN, '--dir', dir)
    await refused('REQUEST_INVALID', 'ca', 'import', await certify(next, request), '--dir', dir)
    await told('ca', 'rotate', 'activate', 'root', '--verifiers-updated', '--dir', dir)
    await refused('REQUEST_INVALID', 'ca', 'import', await certify(root, request), '--dir', dir)
    await told('ca', 'import', await certify(next, request), '--dir', dir)
  })

  test('may be given up before it is active, and so may the first request', async () => {
    const root = await outsideRoot('keyCertSign,cRLSign')
    const { dir } = await initCa('--offline-root')
    const [{ name }] = (await told('ca', 'list', '--dir', dir)).authorities
    await told('ca', 'distrust', name, '--yes', '--dir', dir)
    const { request } = await told('ca', 'rotate', 'prepare', 'intermediate', PLAIN, '--dir', dir)
    await told('ca', 'import', await certify(root, request), '--root', root.certificate, '--dir', dir)
    await told('ca', 'rotate', 'activate', 'intermediate', '--dir', dir)
    const next = await outsideRoot('keyCertSign,cRLSign')
    const { prepared } = await told('ca', 'rotate', 'prepare', 'root', '--certificate', next.certificate, '--dir', dir)
    await told('ca', 'distrust', prepared, '--yes', '--dir', dir)
    expect((await readFile(join(dir, 'bundle.pem'), 'utf8')).match(/BEGIN/g)).toHaveLength(1)
    await refused('REQUEST_INVALID', 'ca', 'rotate', 'activate', 'root', '--verifiers-updated', '--dir', dir)
  })

  test('signs that a root is given up which it has stated before', async () => {
    const root = await outsideRoot('digitalSignature,keyCertSign,cRLSign')
    const { dir } = await initCa('--offline-root')
    await told('ca', 'import', await certify(root, await requestIn(dir)), '--root', root.certificate, '--dir', dir)
    const signature = join(dir, 'statement.sig')
    const signAndImport = async (statement: { readonly file: string }) => {
      await run('dgst', '-sha256', '-sign', root.key, '-out', signature, statement.file)
      await told('ca', 'import', signature, '--dir', dir)
    }
    const rootsIn = async () => (await readFile(join(dir, 'bundle.pem'), 'utf8')).match(/BEGIN/g)?.length
    const { prepared, statement } = await told('ca', 'rotate', 'prepare', 'root', PLAIN, '--dir', dir)
    await signAndImport(statement)
    expect(await rootsIn()).toBe(2)

    const asking = await told('ca', 'distrust', prepared, '--yes', '--dir', dir)
    expect(asking).toMatchObject({ distrusted: false, statement: { sequence: statement.sequence + 1 } })
    expect(await rootsIn()).toBe(2)
    await signAndImport(asking.statement)
    expect(await rootsIn()).toBe(1)
    await told('ca', 'rotate', 'prepare', 'root', PLAIN, '--dir', dir)
  })

  test('that signs certificates only changes the bundle by hand, and waits until it is told', async () => {
    const root = await outsideRoot('keyCertSign,cRLSign')
    const { dir } = await initCa('--offline-root')
    await told('ca', 'import', await certify(root, await requestIn(dir)), '--root', root.certificate, '--dir', dir)
    const next = await outsideRoot('keyCertSign,cRLSign')
    const { statement } = await told('ca', 'rotate', 'prepare', 'root', '--certificate', next.certificate, '--dir', dir)
    expect(statement.file).toBeUndefined()
    expect((await readFile(join(dir, 'bundle.pem'), 'utf8')).match(/BEGIN/g)).toHaveLength(2)
    const message = await refused('REQUEST_INVALID', 'ca', 'rotate', 'activate', 'root', '--dir', dir)
    expect(message).toContain('signs certificates only')
    await told('ca', 'rotate', 'activate', 'root', '--verifiers-updated', '--dir', dir)
    // The key of the new one is elsewhere too: the next intermediate is requested.
    const { request } = await told('ca', 'rotate', 'prepare', 'intermediate', PLAIN, '--dir', dir)
    const imported = await told('ca', 'import', await certify(next, request), '--dir', dir)
    expect(imported.state).toBe('prepared')
    await told('ca', 'rotate', 'activate', 'intermediate', '--dir', dir)
    await told('ca', 'rotate', 'retire', 'intermediate', '--dir', dir)
    await told('ca', 'rotate', 'retire', 'root', '--dir', dir)
    expect((await readFile(join(dir, 'bundle.pem'), 'utf8')).match(/BEGIN/g)).toHaveLength(1)
  })
})
