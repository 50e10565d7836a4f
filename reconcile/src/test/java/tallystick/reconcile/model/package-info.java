/// The model that the reconciler is held against: made-up histories, and a naive reading of them.
@org.jspecify.annotations.NullMarked
package tallystick.reconcile.model;
