ALTER TABLE api_keys DROP CONSTRAINT api_keys_no_stock;
ALTER TABLE stock_balances DROP CONSTRAINT stock_balances_lot_id_last_movement_quantity_fkey;
DROP TABLE stock_reorder_levels;
ALTER TABLE stock_movements DROP CONSTRAINT stock_movements_stocktake_id_lot_id_fkey;
DROP TABLE stocktake_lines, stock_movements, stocktakes, stock_deliveries, stock_movement_numbers, stock_balances, stock_lots,
    warehouse_duties, warehouses;
DROP FUNCTION refuse_second_warehouse_duty, refuse_stock_movement, refuse_stock_delivery, refuse_stocktake, refuse_stocktake_line,
    warehouse_duty_holds;
DROP INDEX organizations_place;
