/**
 * What unlabelled texts reveal of a fine-tuned encoder: the texts, and the evidence that rescales
 * and masks draw from them.
 */
package io.darex.bench.calibration;
