/** What was done and seen, for whoever wonders whether it was anything. */
export class Tally {
  kills = 0
  /** Times that nothing could be written. */
  unwritable = 0
  /** Times that two commands met. */
  meetings = 0
  /** Commands that ended, in loops. */
  commands = 0
  /** Files that were looked at. */
  files = 0
  /** By serial number: certificates that were found or handed out, and records of services' certificates. */
  readonly certificates = new Set<string>()
  readonly records = new Set<string>()

  toString(): string {
    const { kills, unwritable, meetings, commands, certificates, records, files } = this
    return (
      `${kills} kills, ${unwritable} disks that cannot be written, ${meetings} meetings, ${commands} commands in crowds: ` +
      `${certificates.size} certificates seen, ${records.size} records, ${files} files looked at`
    )
  }
}
