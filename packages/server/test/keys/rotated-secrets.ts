/** What an operator does to the deployment's secrets (docs/deploy.md, "Keys"). */
import {
  createInstanceSecrets,
  type InstanceSecrets,
  parseInstanceSecrets,
} from '../../src/keys/instance-secrets.ts'

/** A new seed is the newest, those before stay readable. `kid`: of the new one. */
export function rotateSeed(older: InstanceSecrets, kid?: string): InstanceSecrets {
  const made = JSON.parse(createInstanceSecrets())
  const fresh = parseInstanceSecrets(JSON.stringify({ ...made, ...(kid !== undefined && { kid }) }))
  return mapKeys((name) => [...fresh[name], ...older[name]])
}

/** The older ones are gone. */
export function dropOlderSeeds(secrets: InstanceSecrets): InstanceSecrets {
  return mapKeys((name) => secrets[name].filter((_, index) => index === 0))
}

type Keys = InstanceSecrets['peppers']

function mapKeys(toKeys: (name: keyof InstanceSecrets) => Keys): InstanceSecrets {
  const [peppers, ownerRoots, sendRoots] = [toKeys('peppers'), toKeys('ownerRoots'), toKeys('sendRoots')]
  return { peppers, ownerRoots, sendRoots, dcrKeys: toKeys('dcrKeys'), handoffKeys: toKeys('handoffKeys') }
}
