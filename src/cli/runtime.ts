/** Imported before anything else: what follows needs this version to be loaded. */

const OLDEST = 24

if (Number.parseInt(process.versions.node, 10) < OLDEST) {
  process.stderr.write(`error: Countersign needs Node ${OLDEST} or later; this is ${process.version}.\n`)
  process.exit(1)
}
