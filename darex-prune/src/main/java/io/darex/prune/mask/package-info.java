/** The masks, one file each: which entries of a delta stay. */
package io.darex.prune.mask;
