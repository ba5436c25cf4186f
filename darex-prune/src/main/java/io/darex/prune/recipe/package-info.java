/** A way to prune as one value, and the one place that carries it out. */
package io.darex.prune.recipe;
