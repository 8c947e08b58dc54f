/** Imported before anything else: what follows needs this version to be loaded. */

/** From here on the SQLite of Node does not damage a database that several processes write to (SQLite 3.51.3). */
const OLDEST = { major: 24, minor: 15 }

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < OLDEST.major || (major === OLDEST.major && minor < OLDEST.minor)) {
  const oldest = `${OLDEST.major}.${OLDEST.minor}`
  process.stderr.write(`error: Countersign needs Node ${oldest} or later; this is ${process.version}.\n`)
  process.exit(1)
}
