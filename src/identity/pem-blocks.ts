/** A block of a PEM text (RFC 7468), or where one is broken. */
export type PemPart = PemBlock | PemDefect

export interface PemBlock {
  readonly kind: 'block'
  readonly label: string
  /** Lines such as `Proc-Type: 4,ENCRYPTED`, which stand before the content of keys in an old form (RFC 1421). */
  readonly headers: readonly string[]
  readonly content: Buffer
}

export interface PemDefect {
  readonly kind: 'defect'
  /** Undefined for text that is part of no block. */
  readonly label: string | undefined
  /** Repeats nothing of the text. */
  readonly problem: string
}

/**
 * Scans a PEM text strictly, in time linear to its length. Text before and between the blocks is passed over, as it may
 * explain them (RFC 7468 section 2); text that follows the last block is a defect.
 */
export function scanPem(text: string): readonly PemPart[] {
  const parts: PemPart[] = []
  let block: OpenBlock | undefined
  let stray: string[] = []
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const [, border, label = ''] = BORDER.exec(line) ?? []
    if (border === 'BEGIN') {
      if (block !== undefined) parts.push(defect(block.label, NO_END))
      block = { label, lines: [] }
      stray = []
    } else if (border === 'END') {
      parts.push(block === undefined ? defect(label, 'it ends, and does not begin') : closeBlock(block, label))
      block = undefined
    } else if (block !== undefined) {
      block.lines.push(line)
    } else if (LIKE_A_BORDER.test(line)) {
      parts.push(defect(undefined, `line ${index + 1} looks like the border of a block, and is not written like one`))
    } else {
      stray.push(line)
    }
  }
  if (block !== undefined) parts.push(defect(block.label, NO_END))
  else if (parts.length > 0 && stray.some((line) => line.trim() !== '')) parts.push(defect(undefined, FOLLOWS))
  return parts
}

/** A label is of words in printable ASCII without hyphens; the bound is ours. */
const BORDER = /^-----(BEGIN|END) ([\x20-\x2c\x2e-\x7e]{1,64})-----$/
const LIKE_A_BORDER = /---(?:BEGIN|END) /
const NO_END = 'it begins, and does not end: the file is cut off, or its last line is missing'
const FOLLOWS = 'text follows the last block that is part of none'

interface OpenBlock {
  readonly label: string
  readonly lines: string[]
}

function closeBlock({ label, lines }: OpenBlock, endLabel: string): PemPart {
  if (endLabel !== label) return defect(label, `it ends as another one: ${endLabel}`)
  const headers = lines.slice(0, lines.findLastIndex((line) => line.includes(':')) + 1)
  const base64 = lines.slice(headers.length).join('')
  if (base64 === '') return defect(label, 'it is empty')
  const content = Buffer.from(base64, 'base64')
  if (content.toString('base64') !== base64) return defect(label, 'its content is not base64')
  return { kind: 'block', label, headers, content }
}

function defect(label: string | undefined, problem: string): PemDefect {
  return { kind: 'defect', label, problem }
}
