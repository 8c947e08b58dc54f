import protobuf from 'protobufjs'
import { Problems } from '../core/problems.ts'
import { type AccessDeclaration, type AccessRule, parseAccessRule } from './access-rule.ts'
import { AccessRules } from './access-rules.ts'
import { lostValuesIn } from './lost-values.ts'
import { loadProtoFiles, type ProtoFile } from './proto-files.ts'

/**
 * Loads the access rules that `.proto` files declare, of the files and of all that they import.
 * A method's own rule counts, else its service's default; a method with neither is absent from the result.
 *
 * proto-loader hands options over as text: a mistyped field loads silently, the last of two wins.
 * This loader resolves each option by its full name and types each field; anything else is refused.
 * @param files absolute, or relative to one of the directories
 * @throws AuthError CONFIGURATION_INVALID with every problem, each with its file and method
 */
export function loadProtoRules(files: readonly string[], includeDirectories: readonly string[]): ProtoRules {
  const problems = new Problems()
  const protoFiles = loadProtoFiles(files, includeDirectories, problems)
  for (const { file, source } of protoFiles) {
    for (const { text, line } of lostValuesIn(source)) {
      problems.add(`${file}:${line}`, `${text} has no use in an access rule: leave it out.`)
    }
  }
  const definitions = protoFiles.flatMap(definitionsIn)
  refuseDoubles(definitions, problems)
  const rules = definitions.flatMap((definition) => readService(definition, problems))
  problems.throwIfAny()
  const methods = definitions.filter(({ isNamed }) => isNamed).flatMap(({ service }) => pathsOf(service))
  return { rules: new AccessRules(rules), methods }
}

export interface ProtoRules {
  readonly rules: AccessRules
  /** The paths of all methods of the files that were named, with a rule or without. */
  readonly methods: readonly string[]
}

/** The rules alone of `loadProtoRules`. */
export function loadAccessRules(files: readonly string[], includeDirectories: readonly string[]): AccessRules {
  return loadProtoRules(files, includeDirectories).rules
}

type Rule = readonly [path: string, rule: AccessRule]

interface Definition {
  readonly file: string
  readonly isNamed: boolean
  readonly service: protobuf.Service
}

/** The services that a file defines. Those that it imports are read in their own file, where only its imports count. */
function definitionsIn({ file, root, isNamed }: ProtoFile): readonly Definition[] {
  return servicesOf(root)
    .filter((service) => service.filename === file)
    .map((service) => ({ file, isNamed, service }))
}

function servicesOf(namespace: protobuf.NamespaceBase): readonly protobuf.Service[] {
  return namespace.nestedArray.flatMap((nested) => {
    if (nested instanceof protobuf.Service) return [nested]
    return nested instanceof protobuf.Namespace ? servicesOf(nested) : []
  })
}

function refuseDoubles(definitions: readonly Definition[], problems: Problems): void {
  const files = new Map<string, string>()
  for (const { file, service } of definitions) {
    const other = files.get(nameOf(service))
    if (other !== undefined) problems.add(`${file} ${nameOf(service)}`, `${other} defines this service too.`)
    files.set(nameOf(service), file)
  }
}

function readService({ service, file }: Definition, problems: Problems): readonly Rule[] {
  const byDefault = readRule(service, service, SERVICE, `${file} ${nameOf(service)}`, problems)
  return service.methodsArray.flatMap((method): readonly Rule[] => {
    const path = pathOf(method, service)
    const rule = readRule(method, service, METHOD, `${file} ${path}`, problems) ?? byDefault
    return rule === undefined ? [] : [[path, rule]]
  })
}

function pathsOf(service: protobuf.Service): readonly string[] {
  return service.methodsArray.map((method) => pathOf(method, service))
}

function pathOf(method: protobuf.Method, service: protobuf.Service): string {
  return `/${nameOf(service)}/${method.name}`
}

function nameOf(service: protobuf.Service): string {
  return service.fullName.slice(1)
}

/** Which option declares a rule, what it extends, and the options of protobuf itself that may stand beside it. */
interface Place {
  readonly option: string
  readonly extendee: string
  readonly builtIn: ReadonlySet<string>
}

const METHOD: Place = {
  option: '.countersign.v1.access',
  extendee: '.google.protobuf.MethodOptions',
  builtIn: new Set(['deprecated', 'idempotency_level', 'features']),
}

const SERVICE: Place = {
  option: '.countersign.v1.default_access',
  extendee: '.google.protobuf.ServiceOptions',
  builtIn: new Set(['deprecated', 'features']),
}

/** The rule that an object declares for itself. A repeated option keeps its repetitions here. */
function readRule(
  owner: protobuf.ReflectionObject,
  scope: protobuf.Service,
  { option, extendee, builtIn }: Place,
  place: string,
  problems: Problems,
): AccessRule | undefined {
  const declarations: unknown[] = []
  for (const [name, value] of optionsOf(owner)) {
    if (builtIn.has(name)) continue
    const extension = resolveExtension(scope, name)
    if (extension === undefined) problems.add(place, `option ${name} is unknown: import the file that defines it.`)
    else if (extension.extensionField?.parent?.fullName !== extendee) {
      problems.add(place, `option ${name} does not belong here: it does not extend ${extendee.slice(1)}.`)
    } else if (extension.fullName === option) declarations.push(value)
  }
  const [declaration, ...more] = declarations
  if (more.length > 0) problems.add(place, `option (${option.slice(1)}) stands more than once.`)
  if (declaration === undefined || more.length > 0) return undefined
  return parseAccessRule(translateFields(declaration, place, problems), place, problems)
}

function optionsOf(owner: protobuf.ReflectionObject): readonly [name: string, value: unknown][] {
  // One object of one entry for each option that is written; the declared type of protobufjs says otherwise.
  const parsed = (owner.parsedOptions ?? []) as unknown as readonly Record<string, unknown>[]
  return parsed.flatMap((option) => Object.entries(option))
}

const EXTENSION_NAME = /^\((\.?\w+(?:\.\w+)*)\)$/

/** Names are resolved from the innermost scope outwards, as protoc does; protobufjs would search below as well. */
function resolveExtension(service: protobuf.Service, written: string): protobuf.Field | undefined {
  const [, name] = EXTENSION_NAME.exec(written) ?? []
  if (name === undefined) return undefined
  if (name.startsWith('.')) return fieldAt(service.root, name)
  const scopes = service.fullName.split('.').map((_, index, parts) => parts.slice(0, parts.length - index).join('.'))
  return scopes.map((scope) => fieldAt(service.root, `${scope}.${name}`)).find((field) => field !== undefined)
}

function fieldAt(root: protobuf.Root, fullName: string): protobuf.Field | undefined {
  const found = root.lookup(fullName, [protobuf.Field])
  return found instanceof protobuf.Field && found.fullName === fullName ? found : undefined
}

/** The fields of the message Access, as `.proto` files spell them. */
const FIELDS: ReadonlyMap<string, keyof AccessDeclaration> = new Map([
  ['scopes', 'scopes'],
  ['callers', 'callers'],
  ['authentication', 'authentication'],
  ['dangerously_any_caller', 'dangerouslyAnyCaller'],
])

const REPEATED: ReadonlySet<string> = new Set(['scopes', 'callers'])

function translateFields(declared: unknown, place: string, problems: Problems): unknown {
  if (typeof declared !== 'object' || declared === null || Array.isArray(declared)) return declared
  const known: Partial<Record<keyof AccessDeclaration, unknown>> = {}
  for (const [name, value] of Object.entries(declared)) {
    const field = FIELDS.get(name)
    if (field === undefined) problems.add(place, `"${name}" is not a field of countersign.v1.Access.`)
    else known[field] = REPEATED.has(name) && !Array.isArray(value) ? [value] : value
  }
  return known
}
