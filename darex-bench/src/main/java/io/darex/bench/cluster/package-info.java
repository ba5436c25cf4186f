/**
 * Work for Apache Spark, which is optional: one task a candidate of a sweep, or a part of a pruning
 * job. Driver and workers see the same files under the same paths.
 */
package io.darex.bench.cluster;
