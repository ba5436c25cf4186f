/** The ways to find q, one file each. */
package io.darex.prune.rescale;
