/** Other spellings of a JSON object, and what JSON does not allow. */
export const otherJsonForms: readonly ((json: string) => string | Buffer)[] = [
  (json) => ` ${json}`,
  (json) => `${json} `,
  (json) => `${json}\n`,
  (json) => `\ufeff${json}`,
  (json) => `${json}\0`,
  (json) => json.replace(':', ': '),
  (json) => json.replace(',', ',\n'),
  (json) => json.replace('{', '{\t'),
  (json) => json.replace(/\}$/, ',}'),
  (json) => JSON.stringify(JSON.parse(json), null, 2),
  (json) => Buffer.from(json, 'utf16le'),
  (json) => Buffer.concat([Buffer.of(0xff, 0xfe), Buffer.from(json, 'utf16le')]),
  // The same member twice, the first or the last of which counts, and a name that is escaped.
  (json) => json.replace('{', '{"alg":"none","iss":"https://evil.example",'),
  (json) => withMember(json.slice(1, json.indexOf(',')))(json),
  (json) => json.replace(/"(alg|iss)"/, (name) => `"\\u00${name.charCodeAt(1).toString(16)}${name.slice(2)}`),
  withMember('"x":1,"x":1'),
  withMember(String.raw`"x":"\u0061"`),
  withMember(String.raw`"x":"\/"`),
  withMember(String.raw`"x":"\u000a"`),
  withMember(String.raw`"x":"\u00e9"`),
  withMember(String.raw`"x":"\uD800"`),
  withMember(String.raw`"x":"\ud83d\ude00"`),
  ...['1e3', '1E3', '1.0', '1.50', '-0', '0.0', '+1', '01', '.5', '1.', '0x1', '1e400', '9007199254740993'].map(
    (number) => withMember(`"x":${number}`),
  ),
  ...['NaN', 'Infinity', 'undefined', "'x'", '/**/1', 'True'].map((value) => withMember(`"x":${value}`)),
  // Members whose names are array indices do not keep their place.
  withMember('"1":1'),
  // Bytes that are not UTF-8: a lone byte, an overlong slash, half of a surrogate pair, an end that is missing.
  ...[[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xe2, 0x82]].map((bytes) => (json: string) => {
    const [before = '', after = ''] = withMember('"x":"#"')(json).split('#')
    return Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)])
  }),
]

function withMember(member: string): (json: string) => string {
  return (json) => json.replace(/\}$/, `,${member}}`)
}
