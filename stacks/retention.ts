/**
 * What becomes of a thing that holds state. Kept means: it outlives its stack and its replacement, but not a creation
 * that is rolled back. Names here are fixed, so what a failed first deployment left behind would be in the way of the
 * second.
 */
import { RemovalPolicy } from 'aws-cdk-lib'

export function retention(keeps: boolean): RemovalPolicy {
  return keeps ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY
}
