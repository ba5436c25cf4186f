/** What a user may write in a YAML configuration, read with line numbers. */
package io.darex.bench.config;
