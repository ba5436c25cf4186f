/** Tasks: texts with labels, their files and their metrics. */
package io.darex.bench.task;
