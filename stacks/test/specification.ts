/**
 * AWS's own specification of resources, as far as templates can be held against it: which properties there are, which
 * are required, of which type, with which words, and which cannot be changed in place. What CloudFormation fills in
 * while deploying counts as right.
 */
import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec'
import type { Template, TemplateResource } from './cloudformation.ts'

const database = loadAwsServiceSpecSync()

type ResourceSpecification = ReturnType<typeof specificationOf>
type Properties = ResourceSpecification['properties']
type PropertyType = Properties[string]['type']

function specificationOf(type: string) {
  const [found] = database.lookup('resource', 'cloudFormationType', 'equals', type)
  if (found === undefined) throw new Error(`AWS knows no resource of type ${type}`)
  return found
}

/** What of a template AWS's specification does not know or would refuse, each with its path. */
export function faultsIn(template: Template): string[] {
  return Object.entries(template.Resources)
    .filter(([, { Type }]) => Type !== 'AWS::CDK::Metadata')
    .flatMap(([id, { Type, Properties = {} }]) =>
      faultsOfObject(`${id} (${Type})`, Properties, specificationOf(Type).properties),
    )
}

/** Properties that differ and that a resource cannot change without being replaced. */
export function replacingChanges(before: TemplateResource, after: TemplateResource): string[] {
  return Object.entries(specificationOf(after.Type).properties)
    .filter(([, { causesReplacement }]) => causesReplacement === 'yes')
    .map(([name]) => name)
    .filter((name) => JSON.stringify(before.Properties?.[name]) !== JSON.stringify(after.Properties?.[name]))
}

function faultsOfObject(path: string, value: object, properties: Properties): string[] {
  const missing = Object.entries(properties)
    .filter(([name, { required }]) => required === true && !(name in value))
    .map(([name]) => `${path}.${name} is missing`)
  const wrong = Object.entries(value).flatMap(([name, inner]: [string, unknown]) => {
    const property = properties[name]
    return property === undefined
      ? [`${path}.${name} is not known`]
      : faultsOf(`${path}.${name}`, inner, property.type)
  })
  return [...missing, ...wrong]
}

function faultsOf(path: string, value: unknown, type: PropertyType): string[] {
  if (isFilledIn(value)) return []
  const unless = (isRight: boolean, what: string) =>
    isRight ? [] : [`${path} is ${JSON.stringify(value)}, not ${what}`]
  switch (type.type) {
    case 'string': {
      const isText = typeof value === 'string'
      const words = type.allowedValues ?? []
      if (!isText || words.length === 0 || value.startsWith('{{resolve:')) return unless(isText, 'text')
      return unless(words.includes(value), words.join(' or '))
    }
    case 'boolean':
      return unless(typeof value === 'boolean', 'true or false')
    case 'integer': {
      const numbers = type.allowedValues ?? []
      if (!Number.isInteger(value) || numbers.length === 0)
        return unless(Number.isInteger(value), 'a whole number')
      return unless(
        numbers.some((number) => number === value),
        numbers.join(' or '),
      )
    }
    case 'number':
      return unless(typeof value === 'number', 'a number')
    case 'array':
      return Array.isArray(value)
        ? value.flatMap((inner, index) => faultsOf(`${path}.${index}`, inner, type.element))
        : unless(false, 'a list')
    case 'map':
      return isObject(value)
        ? Object.entries(value).flatMap(([key, inner]) => faultsOf(`${path}.${key}`, inner, type.element))
        : unless(false, 'a map')
    case 'ref': {
      const { properties } = database.get('typeDefinition', type.reference)
      return isObject(value) ? faultsOfObject(path, value, properties) : unless(false, 'an object')
    }
    case 'tag':
      return unless(isObject(value) && 'Key' in value && 'Value' in value, 'a tag')
    case 'union': {
      const attempts = type.types.map((one) => faultsOf(path, value, one))
      return attempts.some((faults) => faults.length === 0) ? [] : (attempts[0] ?? [])
    }
    // JSON and what has no form of its own.
    default:
      return []
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A reference or a function of CloudFormation. */
function isFilledIn(value: unknown): boolean {
  if (!isObject(value)) return false
  const [key, ...others] = Object.keys(value)
  return key !== undefined && others.length === 0 && (key === 'Ref' || key.startsWith('Fn::'))
}
