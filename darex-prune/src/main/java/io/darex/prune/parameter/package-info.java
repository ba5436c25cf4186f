/** What masks and rescales can be told: declared once, read from configurations, options, files. */
package io.darex.prune.parameter;
