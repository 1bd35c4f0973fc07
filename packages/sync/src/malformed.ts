import { CarError } from './car.ts'
import { CborError } from './cbor.ts'
import { CommitError } from './commit.ts'
import { MstError } from './mst-node.ts'

const KINDS = [CarError, CborError, CommitError, MstError]

/** Whether reading a repository failed by what stands in it: archive, block, commit or tree. */
export const isMalformed = (error: unknown): error is Error => KINDS.some(Kind => error instanceof Kind)
