// Whoever may read the record may read its checklist.
answer = current.u_task.nil() || current.u_task.getRefRecord().canRead();
