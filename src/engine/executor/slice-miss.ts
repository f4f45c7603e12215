/** A token went where the slice ends. Nothing is wrong but the slice: the step is done again with the whole diagram. */
export class SliceMiss extends Error {
  constructor(nodeId: string) {
    super(`the slice ends before ${nodeId}`);
    this.name = 'SliceMiss';
  }
}
