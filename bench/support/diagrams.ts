// Diagrams of a wanted size, for benches: user tasks in a row, each with a non-interrupting timer of five days.

/** A process of `tasks` user tasks; its start message is `<id>_started`. */
export function taskRow(id: string, tasks: number, group: string): string {
  const numbers = Array.from({ length: tasks }, (_, index) => index + 1);
  const nodes = numbers.map((n) => `
    <userTask id="task_${n}" name="工程 ${n}" camunda:candidateGroups="${group}">
      <extensionElements><camunda:properties>
        <camunda:property name="dueIn" value="5BD"/><camunda:property name="remindBefore" value="1BD"/>
        <camunda:property name="escalateAfter" value="1BD&gt;manager"/>
      </camunda:properties></extensionElements>
    </userTask>
    <boundaryEvent id="late_${n}" cancelActivity="false" attachedToRef="task_${n}">
      <timerEventDefinition id="late_${n}_timer"><timeDuration xsi:type="tFormalExpression">P5D</timeDuration></timerEventDefinition>
    </boundaryEvent>
    <endEvent id="late_end_${n}"/>
    <sequenceFlow id="late_flow_${n}" sourceRef="late_${n}" targetRef="late_end_${n}"/>
    <sequenceFlow id="flow_${n}" sourceRef="${n === 1 ? 'start' : `task_${n - 1}`}" targetRef="task_${n}"/>`);
  return `<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="d_${id}" targetNamespace="http://example.invalid/bench">
  <message id="m_started" name="${id}_started"/>
  <process id="${id}" name="計測用 ${tasks} 工程" isExecutable="true">
    <startEvent id="start"><messageEventDefinition id="start_message" messageRef="m_started"/></startEvent>${nodes.join('')}
    <endEvent id="end"/>
    <sequenceFlow id="flow_end" sourceRef="task_${tasks}" targetRef="end"/>
  </process>
</definitions>`;
}
