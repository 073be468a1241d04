/** Whether there is anything to mark after an answer, and whether it is shown. */
export type MarksState = 'none' | 'shown' | 'hidden';
