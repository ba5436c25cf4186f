/** Pictures with two axes, as SVG. */
package io.darex.bench.chart;
