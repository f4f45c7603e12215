// A flow from or to nothing loses the token that takes it.
import { child, isType, refuse, type Rule } from './support/diagram.js';

/** `dangling-flow`: flows without source or target, into a start or boundary event, out of an end event, or across a scope's border. */
export const danglingFlow: Rule = ({ elements }) =>
  elements.filter((element) => isType(element, 'SequenceFlow')).flatMap((flow) => {
    const [source, target] = [child(flow, 'sourceRef'), child(flow, 'targetRef')];
    const wrong = (message: string) => [refuse('dangling-flow', flow, message)];
    if (!source || !target) return wrong(`フローの${source ? '行き先' : '出どころ'}がありません`);
    if (isType(target, 'StartEvent', 'BoundaryEvent')) return wrong('開始イベントや境界イベントへのフローは引けません');
    if (isType(source, 'EndEvent')) return wrong('終了イベントからのフローは引けません');
    return source.$parent === flow.$parent && target.$parent === flow.$parent ? [] : wrong('フローはサブプロセスの境を越えられません');
  });
