ALTER TABLE order_steps ADD COLUMN move_id uuid;
COMMENT ON COLUMN order_steps.move_id IS 'Minted by the device that asked for the move: sent again, it changes nothing.';
CREATE UNIQUE INDEX order_step_once_a_move ON order_steps (order_id, move_id)
    WHERE move_id IS NOT NULL;
