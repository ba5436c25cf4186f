/** TensorFlow checkpoints ("tensor bundles"), read without TensorFlow. */
package io.darex.bench.bundle;
